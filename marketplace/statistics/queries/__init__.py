"""Read-only figures. Every figure has one definition, in `metrics`; pages and exports share it."""
