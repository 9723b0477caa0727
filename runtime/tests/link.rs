//! The link to MLX: mlx-rs and the mlx-c bindings reach one libmlx, the wheel's.

#![allow(unsafe_code, reason = "calls the C API")]

use std::ffi::CStr;

use mlx_rs::{Array, Dtype, Stream, with_stream};

#[test]
fn mlx_rs_multiplies_matrices() {
    let left = Array::from_slice(&[1f32, 2.0, 3.0, 4.0], &[2, 2]);
    let product = with_stream(&Stream::cpu(), || mlx_rs::ops::matmul(&left, &left)).unwrap();
    assert_eq!(product.as_slice::<f32>(), &[7.0, 10.0, 15.0, 22.0]);
}

#[test]
fn half_types_keep_their_bits() {
    let array = Array::from_slice(&[1.5f32], &[1]);
    with_stream(&Stream::cpu(), || {
        let half = array.as_dtype(Dtype::Float16).unwrap();
        assert_eq!(half.item_exact::<half::f16>().to_bits(), 0x3e00);
        let brain = array.as_dtype(Dtype::Bfloat16).unwrap();
        assert_eq!(brain.item_exact::<half::bf16>().to_bits(), 0x3fc0);
    });
}

#[test]
fn the_loaded_libmlx_is_the_release_the_bindings_are_written_for() {
    let version = unsafe {
        let mut text = mlx_sys::mlx_string_new();
        assert_eq!(mlx_sys::mlx_version(&mut text), 0);
        let version = CStr::from_ptr(mlx_sys::mlx_string_data(text)).to_str().unwrap().to_owned();
        mlx_sys::mlx_string_free(text);
        version
    };
    assert_eq!(version, "0.32.2");
}
