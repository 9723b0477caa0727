//! Random numbers in pure Rust: torch's CPU generator with torch's numbers, and a counter-based one; no MLX arrays, no
//! default generator and no locking, which belong to the callers.
//!
//! | file | torch |
//! | --- | --- |
//! | `mt19937.rs`, `seed.rs` | `torch.Generator("cpu")`, `manual_seed`, `seed`, `initial_seed` |
//! | `state.rs` | `get_state`, `set_state` |
//! | `uniform.rs` | `rand`, `uniform_` |
//! | `normal.rs`, `box_muller.rs` | `randn`, `normal_`, `log_normal_` |
//! | `integer.rs`, `permutation.rs` | `randint`, `random_`, `randperm` |
//! | `bernoulli.rs`, `binomial.rs`, `continuous.rs`, `geometric.rs`, `multinomial.rs`, `poisson.rs` | the functions of these names |
//! | `philox.rs` | the generator of torch's CUDA devices; dropout masks |
//!
//! The reference is torch 2.15.0 on x86-64 with AVX2. It draws every CPU distribution one element after the other from
//! mt19937; no path goes through MKL's generators. Integers, uniforms, permutations, Bernoulli draws and single-precision
//! normals in blocks of 16 are torch's bits; draws through the C library's logarithm, sine or tangent agree to about one
//! unit in the last place of the element type, and are torch's bits where the library is the same.
//!
//! Order: torch fills a tensor that is not contiguous in the order of its memory, not of its indices. A caller fills
//! the dense storage and views it; only `normal_` asks whether the tensor was contiguous (see [`Mt19937::normal`]).

mod bernoulli;
mod binomial;
mod box_muller;
mod continuous;
mod element;
mod error;
mod geometric;
mod integer;
mod mt19937;
mod multinomial;
mod normal;
mod permutation;
pub mod philox;
mod poisson;
mod seed;
mod state;
mod uniform;

pub use element::{Element, Real};
pub use error::DrawError;
pub use mt19937::Mt19937;
pub use philox::PhiloxGenerator;
pub use seed::{DEFAULT_SEED, nondeterministic_seed, seed_from_integer};
pub use state::{STATE_BYTES, STATE_WORDS};
