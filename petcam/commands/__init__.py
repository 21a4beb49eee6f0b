"""The subcommands of ``petcam``: one a module, with ``add_arguments(parser)`` and ``run(args, config)``.

They wire what the rooms offer, and so may import all of them; only ``cli`` imports a command, when it is called.
"""
