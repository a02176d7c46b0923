"""Products and orders as shop systems and product feeds write them."""
