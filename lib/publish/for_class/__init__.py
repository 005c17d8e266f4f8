"""What a class takes home or opens on its own machine: filled notebooks, figures, sessions by count."""
