"""Where on a site a recommendation stands: home, product page, basket, buying again, content."""
