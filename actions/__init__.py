"""Everything that writes: one public function, one transaction, recorded facts."""
