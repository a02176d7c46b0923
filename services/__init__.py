"""The BentoML service and its pages."""
