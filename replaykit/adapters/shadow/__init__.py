"""A shadow on Temporal itself: its workflow, the activities of its workers, and who follows it."""
