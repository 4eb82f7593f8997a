"""Results as a person reads them on a terminal: tables that fit its width."""
