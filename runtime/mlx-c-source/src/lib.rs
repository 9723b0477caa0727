//! Empty on purpose: this package exists for its manifest, which names the crate that carries the mlx-c sources.
