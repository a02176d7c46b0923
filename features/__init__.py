"""Everything that touches Feast: building the offline features, applying definitions, materialising, reading, pushing.

The only door to Feast for training, services and monitoring; definitions live in `feature_repo/`."""
