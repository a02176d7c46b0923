"""Customer service: answers out of the shop's FAQ, a shopper's own orders and the catalogue, or a person's help.

Every sentence is the shop's own (an FAQ answer, word for word) or a template filled from rows; no model composes one,
so that neither a question nor a product's text can make it say something else.
"""
