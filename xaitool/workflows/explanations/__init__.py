"""Explains classifiers: the command ``explain``, and ``xaitool.attribute``.

`explain` plans which method goes with which baseline (`plan`), opens the images (`images`), and
makes one attribution file after another (`job`). A job makes its baseline (`baselines`) of what
that needs (`supply`), and explains batch by batch with the engine (`explainer`), which `attribute`
and ``evaluate`` use, too. What ends in ``_choice`` reads options of the command, and what ends in
``_argument`` or ``_arguments`` those of a call from Python, whose result is an `attribution` with
its `call_record`.
"""
