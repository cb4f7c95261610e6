"""Single operations and building blocks that are profiled alone, one file a group.

A builder takes the channels of its input and, in ``out_channels``, those of its output (None: as many); its
other arguments default to the paper's values. A block that stands in a network of the zoo is that network's
own class. ``H x W`` is the input's size; convolutions are padded, so that only a stride makes it smaller.
"""
