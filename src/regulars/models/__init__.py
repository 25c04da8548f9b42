"""Features become scores; Arrow and NumPy in, Arrow out."""
