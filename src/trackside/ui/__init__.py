"""What a person sees: widgets that show values and pass on what was done to them."""
