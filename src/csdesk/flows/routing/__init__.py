"""Who gets work: giving it out, letting go of it, the staff list."""
