"""Losses are kept by the name of the curve that is being fitted, and only where somebody wants them."""

from training.fit.curves import name_curve, note_loss, record_curves


def test_losses_are_kept_by_name_while_somebody_records() -> None:
    note_loss(9.0)
    with record_curves() as curves:
        note_loss(8.0)
        with name_curve("a"):
            note_loss(2.0)
            note_loss(1.0)
        with name_curve("b"):
            note_loss(3.0)
    with name_curve("a"):
        note_loss(7.0)
    assert curves == {"a": [2.0, 1.0], "b": [3.0]}
