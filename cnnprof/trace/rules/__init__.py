"""What functions and layers of torch's own give: shapes and ops by arithmetic, without running them."""
