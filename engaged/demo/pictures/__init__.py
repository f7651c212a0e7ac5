"""Pictures of the demo: paper-cut scenes, drawn when somebody asks for one, the same each time."""
