//! Values: shared handles to MLX arrays, with the type and device that are known when they are made.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use flashlight_compiler::types::{DType, Type};
use smallvec::SmallVec;

use crate::device::Device;
use crate::engine::{self, Engine};
use crate::error::{Error, Origins, Result};
use crate::few::{Few, MOST};
use crate::lane::Lane;
use crate::mlx::{self, Array, Fate};

/// Sizes as MLX takes them.
pub(crate) type Sizes = SmallVec<[i32; 4]>;

/// No work is scheduled for the value yet.
const LAZY: u64 = 0;
/// The value's elements are there.
const READY: u64 = u64::MAX;
/// There will be none.
const FAILED: u64 = u64::MAX - 1;

/// A value on a device: cheap to clone, usable from every thread. Its elements may still be to be computed.
#[derive(Clone)]
pub struct Value(Arc<Node>);

/// Where a value's elements are, or will be.
enum Elements {
    /// With MLX.
    Array(ManuallyDrop<Array>),
    /// Here; the array is made where MLX needs one.
    Here(Few, OnceLock<Array>),
}

pub(crate) struct Node {
    elements: Elements,
    pub(crate) ty: Type,
    pub(crate) lane: &'static Lane,
    /// Whether the elements are known to lie in row-major order.
    in_rows: AtomicBool,
    /// The lanes whose locks its evaluation needs.
    pub(crate) lanes: u32,
    pub(crate) origin: u32,
    /// LAZY, a ticket of the lane, READY or FAILED.
    ticket: AtomicU64,
    /// The operations it was scheduled with; kept only where the frontend tells operations apart.
    origins: OnceLock<Origins>,
    failure: OnceLock<Box<Error>>,
    /// The host work it comes from that may fail.
    fates: SmallVec<[Arc<Fate>; 1]>,
}

impl Drop for Node {
    #[allow(unsafe_code, reason = "the array leaves the node for good")]
    fn drop(&mut self) {
        let Elements::Array(array) = &mut self.elements else { return };
        // SAFETY: nothing reads the field after this.
        let array = unsafe { ManuallyDrop::take(array) };
        if *self.ticket.get_mut() == READY {
            drop(array);
        } else {
            self.lane.bury(array);
        }
    }
}

impl Node {
    pub(crate) fn array(&self) -> &Array {
        match &self.elements {
            Elements::Array(array) => array,
            Elements::Here(few, array) => array.get_or_init(|| {
                // A value of few elements was made with a shape that MLX takes.
                let shape: Sizes = self.ty.shape.iter().filter_map(|n| i32::try_from(n.as_known()?).ok()).collect();
                Array::from_bytes(few.bytes(), &shape, self.ty.dtype)
            }),
        }
    }

    pub(crate) fn is_lazy(&self) -> bool {
        self.ticket.load(Ordering::Acquire) == LAZY
    }

    pub(crate) fn scheduled(&self, ticket: u64, origins: Option<Origins>) {
        if let Some(origins) = origins {
            let _ = self.origins.set(origins);
        }
        self.ticket.store(ticket, Ordering::Release);
    }

    pub(crate) fn fail(&self, error: Error) {
        let _ = self.failure.set(Box::new(error));
        self.ticket.store(FAILED, Ordering::Release);
    }

    /// Whether the work is over, well or badly.
    pub(crate) fn is_settled(&self) -> bool {
        match self.ticket.load(Ordering::Acquire) {
            LAZY => false,
            READY | FAILED => true,
            ticket if self.lane.is_over(ticket) => {
                let told = self.fates.iter().find_map(|fate| fate.get()).map(ToString::to_string);
                match told.or_else(|| Some(self.lane.failure(ticket)?.to_string())) {
                    Some(message) => self.fail(Error::Evaluation { message, origins: self.origins.get().copied() }),
                    None => self.ticket.store(READY, Ordering::Release),
                }
                true
            }
            _ => false,
        }
    }

    /// How a settled value came out.
    pub(crate) fn outcome(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |error| Err((**error).clone()))
    }
}

impl Value {
    /// A value of few elements on the CPU, which are there.
    pub(crate) fn here(few: Few, ty: Type) -> Value {
        Value::ready(Elements::Here(few, OnceLock::new()), ty, Engine::current().cpu())
    }

    /// The elements, where they are few, on the CPU and there.
    pub(crate) fn few(&self) -> Option<Few> {
        let node = &*self.0;
        if let Elements::Here(few, _) = &node.elements {
            return Some(few.clone());
        }
        let few = node.lane.device == Device::Cpu && self.ty().known_bytes()? <= (MOST * self.dtype().size()) as u64;
        if !few || node.ticket.load(Ordering::Acquire) != READY {
            return None;
        }
        let mut bytes = Vec::new();
        node.array().copy_out(&mut bytes);
        Some(Few::of(&bytes))
    }

    /// Says that the elements lie, or will lie, in row-major order.
    pub(crate) fn set_in_rows(&self) {
        self.0.in_rows.store(true, Ordering::Relaxed);
    }

    /// Whether the elements are known to lie in row-major order.
    pub(crate) fn is_in_rows(&self) -> bool {
        self.0.in_rows.load(Ordering::Relaxed)
    }

    /// A value of elements that are there, in row-major order.
    fn ready(elements: Elements, ty: Type, lane: &'static Lane) -> Value {
        Value(Arc::new(Node {
            elements,
            ty,
            lane,
            in_rows: AtomicBool::new(true),
            lanes: lane.bit(),
            origin: engine::origin(),
            ticket: AtomicU64::new(READY),
            origins: OnceLock::new(),
            failure: OnceLock::new(),
            fates: SmallVec::new(),
        }))
    }

    /// A value that an MLX node will compute on `lane` from `inputs`. The node must be the only output of its primitive.
    pub(crate) fn lazy(array: Array, ty: Type, lane: &'static Lane, inputs: &[&Value]) -> Result<Value> {
        Value::risky(array, ty, lane, inputs, None)
    }

    /// [`Value::lazy`] by host work that may fail.
    pub(crate) fn risky(
        array: Array,
        ty: Type,
        lane: &'static Lane,
        inputs: &[&Value],
        fate: Option<Arc<Fate>>,
    ) -> Result<Value> {
        debug_assert_eq!(array.dtype(), ty.dtype, "MLX made another element type than {ty}");
        debug_assert_eq!(Some(array.shape()), sizes(&ty).as_deref().ok(), "MLX made another shape than {ty}");
        let engine = Engine::current();
        let mut lanes = lane.bit();
        let mut fates: SmallVec<[Arc<Fate>; 1]> = fate.into_iter().collect();
        for input in inputs {
            let node = &input.0;
            if node.ticket.load(Ordering::Relaxed) == READY {
                continue;
            }
            if node.is_settled() {
                node.outcome()?;
            } else if node.lane.generation != engine.generation() {
                return Err(engine.left_behind(node));
            }
            lanes |= node.lanes;
            for fate in &node.fates {
                if fates.iter().all(|known| !Arc::ptr_eq(known, fate)) {
                    fates.push(Arc::clone(fate));
                }
            }
        }
        let bytes = ty.known_bytes().unwrap_or(0);
        let node = Arc::new(Node {
            elements: Elements::Array(ManuallyDrop::new(array)),
            ty,
            lane,
            in_rows: AtomicBool::new(false),
            lanes,
            origin: engine::origin(),
            ticket: AtomicU64::new(LAZY),
            origins: OnceLock::new(),
            failure: OnceLock::new(),
            fates,
        });
        engine.record(&node, bytes)?;
        Ok(Value(node))
    }

    /// A value of the given elements: row-major, in the machine's byte order.
    pub fn from_bytes(bytes: &[u8], ty: Type, device: Device) -> Result<Value> {
        let lane = Engine::current().lane(device)?;
        let shape = sizes(&ty)?;
        if ty.known_bytes() != Some(bytes.len() as u64) {
            return Err(Error::user("from_bytes", format_args!("{ty} does not fit {} bytes", bytes.len())));
        }
        if ty.dtype == DType::F64 && device != Device::Cpu {
            return Err(Error::unsupported(format_args!("f64 on {device}")));
        }
        if device == Device::Cpu && bytes.len() <= MOST * ty.dtype.size() {
            return Ok(Value::here(Few::of(bytes), ty));
        }
        let array = ManuallyDrop::new(Array::from_bytes(bytes, &shape, ty.dtype));
        Ok(Value::ready(Elements::Array(array), ty, lane))
    }

    /// The elements in row-major order and the machine's byte order. Waits as [`crate::wait`] does.
    pub fn read(&self, poll: &mut dyn FnMut() -> Result<()>) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(&mut bytes, poll)?;
        Ok(bytes)
    }

    /// [`Value::read`], appended to `bytes`.
    pub fn read_into(&self, bytes: &mut Vec<u8>, poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if let Elements::Here(few, _) = &self.0.elements {
            bytes.extend_from_slice(few.bytes());
            return Ok(());
        }
        let engine = Engine::current();
        if self.0.lane.device == Device::Cpu {
            engine.wait(&[&self.0], poll)?;
            self.0.array().copy_out(bytes);
            return Ok(());
        }
        // In a forked child this refuses.
        engine.lane(self.device())?;
        engine.wait(&[&self.0], poll)?;
        // MLX may have to move a GPU's buffer before it can be read.
        let _guard = self.0.lane.lock();
        self.0.array().copy_out(bytes);
        Ok(())
    }

    /// [`Value::read`] that cannot be interrupted.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.read(&mut || Ok(()))
    }

    /// The same elements for another device. On one machine's shared memory nothing is copied until the device needs it.
    pub fn to(&self, device: Device) -> Result<Value> {
        if device == self.device() {
            return Ok(self.clone());
        }
        if self.dtype() == DType::F64 && device != Device::Cpu {
            return Err(Error::unsupported(format_args!("f64 on {device}")));
        }
        let engine = Engine::current();
        engine.lane(self.device())?;
        let lane = engine.lane(device)?;
        let array = mlx::alias(self.array(), &lane.stream)?;
        Value::lazy(array, self.ty().clone(), lane, &[self])
    }

    /// Element type and shape.
    pub fn ty(&self) -> &Type {
        &self.0.ty
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.0.ty.dtype
    }

    /// Where it lives.
    pub fn device(&self) -> Device {
        self.0.lane.device
    }

    /// A number that no other value has while this one is alive; clones share it.
    pub fn key(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether reading the elements would not wait. A value whose work failed is ready too: reading it says so.
    pub fn is_ready(&self) -> bool {
        self.0.lane.look();
        self.0.is_settled()
    }

    /// Whether its work may fail because of the data where that of its operands cannot.
    pub(crate) fn adds_risk(&self, operands: &[Value]) -> bool {
        let known = |fate: &Arc<Fate>| operands.iter().any(|v| v.0.fates.iter().any(|other| Arc::ptr_eq(other, fate)));
        !self.0.fates.iter().all(known)
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.0
    }

    pub(crate) fn array(&self) -> &Array {
        self.0.array()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.ty(), self.device())
    }
}

/// The shape of a type as MLX takes it: every size known and within 32 bits.
pub(crate) fn sizes(ty: &Type) -> Result<Sizes> {
    ty.shape
        .iter()
        .map(|size| size.as_known().and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0))
        .collect::<Option<Sizes>>()
        .ok_or_else(|| Error::user("value", format_args!("{ty} has a size that is unknown or beyond 2147483647")))
}
