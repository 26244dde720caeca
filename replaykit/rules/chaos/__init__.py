"""Chaos: which faults there are, where they can strike, what must hold, and the search; pure."""
