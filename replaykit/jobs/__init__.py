"""The jobs behind both faces, as async streams of events."""
