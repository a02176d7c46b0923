"""Marketing: who should get which coupon, learned from the redemptions of earlier campaigns."""
