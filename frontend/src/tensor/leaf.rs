//! What autograd knows of a tensor: whether it needs a gradient, the gradient, and hooks on it.

use std::sync::Arc;

use flashlight_compiler::ir::Typed;

use super::Tensor;
use crate::{
    autograd::{Edge, GradMode, Hook, Node, Var, next_hook},
    error::{Error, Result},
    trace,
};

impl Tensor {
    /// Whether a gradient is recorded for it.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn requires_grad(&self) -> Result<bool> {
        Ok(self.read()?.edge.is_some())
    }

    /// The node that made it; none for leaves.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn grad_fn(&self) -> Result<Option<Edge>> {
        Ok(self.read()?.edge.filter(|e| !e.node.is_accumulate()))
    }

    /// Whether no recorded operation made it.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn is_leaf(&self) -> Result<bool> {
        Ok(self.grad_fn()?.is_none())
    }

    /// Says whether this leaf needs a gradient.
    ///
    /// # Errors
    /// torch's: for element types without derivatives, and for tensors that are no leaves.
    pub fn set_requires_grad(&self, wanted: bool) -> Result<()> {
        if !self.is_leaf()? {
            if wanted {
                return Ok(());
            }
            return Err(Error::runtime(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a \
                 subgraph that doesn't require differentiation use var_no_grad = var.detach().",
            ));
        }
        let core = self.core();
        if wanted && !core.ty.dtype.is_inexact() {
            return Err(Error::runtime("only Tensors of floating point and complex dtype can require gradients"));
        }
        if wanted != self.own_edge().is_some() {
            self.touch();
        }
        // A view that needs a gradient by itself stops being a view for autograd.
        if wanted && core.parent.as_ref().is_some_and(|p| p.link != super::Link::Detached) {
            self.cut_from_parent();
        }
        let mut state = self.0.state.lock();
        if wanted && state.edge.is_none() {
            let node = Node::accumulate(self.downgrade(), core.ty.clone());
            state.edge = Some(Edge { node, output: 0 });
        } else if !wanted {
            let old = state.edge.take();
            drop(state);
            drop(old);
        }
        Ok(())
    }

    /// Forgets how it was made: `Tensor.detach_`.
    ///
    /// # Errors
    /// torch's, for views.
    pub fn detach_in_place(&self) -> Result<()> {
        if self.core().parent.as_ref().is_some_and(|p| p.link != super::Link::Detached) {
            return Err(Error::runtime("Can't detach views in-place. Use detach() instead."));
        }
        self.set_edge(None);
        Ok(())
    }

    fn cut_from_parent(&self) {
        let core = self.core();
        let parent = core.parent.as_ref().map(|p| super::Parent {
            tensor: p.tensor(core.created),
            call: p.call.clone(),
            link: super::Link::Detached,
        });
        let cut = Arc::new(super::Core {
            storage: core.storage.clone(),
            parent,
            ty: core.ty.clone(),
            geometry: core.geometry.clone(),
            device: core.device,
            created: core.created,
            counter: core.counter.clone(),
        });
        let old = std::mem::replace(&mut *self.0.core.write(), cut);
        drop(old);
    }

    /// The gradient that has gathered.
    pub fn grad(&self) -> Option<Tensor> {
        let grad = self.current_grad();
        if let Some(trace) = trace::current() {
            trace.look_at_grad(self, grad.as_ref(), false);
        }
        grad
    }

    /// [`Tensor::grad`], unseen by a trace.
    pub fn current_grad(&self) -> Option<Tensor> {
        self.0.state.lock().grad.clone()
    }

    /// Sets the gradient unchecked; answers with the one before.
    pub fn swap_grad(&self, grad: Option<Tensor>) -> Option<Tensor> {
        std::mem::replace(&mut self.0.state.lock().grad, grad)
    }

    /// Sets or drops the gradient.
    ///
    /// # Errors
    /// torch's, where type or device are not the tensor's.
    pub fn set_grad(&self, grad: Option<Tensor>) -> Result<()> {
        if let Some(grad) = &grad {
            let (own, given) = (self.core(), grad.core());
            if given.ty.shape != own.ty.shape {
                return Err(Error::runtime(format_args!(
                    "assigned grad has data of a different size: expected {}, got {}",
                    own.ty, given.ty
                )));
            }
            if given.ty.dtype != own.ty.dtype {
                return Err(Error::runtime(format_args!(
                    "assigned grad has data of a different type: expected {}, got {}",
                    own.ty, given.ty
                )));
            }
            if given.device != own.device {
                return Err(Error::runtime(format_args!(
                    "assigned grad has data located on a different device: expected {}, got {}",
                    own.device, given.device
                )));
            }
            if grad.is(self) {
                return Err(Error::runtime("can't assign Variable as its own grad"));
            }
        }
        if let Some(trace) = trace::current() {
            trace.look_at_grad(self, self.current_grad().as_ref(), true);
        }
        drop(self.swap_grad(grad));
        Ok(())
    }

    /// Adds to the gradient: in place, unless the sum itself is to be differentiated.
    pub(crate) fn accumulate(&self, incoming: Var, create_graph: bool) -> Result<()> {
        let incoming = if create_graph { incoming } else { Var::constant(incoming.value) };
        match self.grad() {
            None => self.set_grad(Some(Tensor::from_var(incoming)))?,
            Some(grad) if create_graph => self.set_grad(Some(Tensor::from_var(grad.read()?.add(&incoming)?)))?,
            Some(grad) => {
                let _off = GradMode::enter(false);
                let sum = Var::constant(grad.value()?).add(&incoming)?;
                grad.write(sum)?;
            }
        }
        let hooks: Vec<Arc<dyn Hook>> = self.0.state.lock().post_accumulate.iter().map(|(_, h)| h.clone()).collect();
        hooks.iter().try_for_each(|hook| hook.call(self).map(drop))
    }

    /// Adds a hook on the gradient of this tensor; answers with the number under which it can be removed.
    ///
    /// # Errors
    /// torch's, where no gradient is recorded.
    pub fn register_hook(&self, hook: Arc<dyn Hook>) -> Result<u64> {
        self.refuse_in_program("a hook")?;
        match self.read()?.edge {
            Some(edge) => Ok(edge.node.add_hook(edge.output, hook)),
            None => Err(Error::runtime("cannot register a hook on a tensor that doesn't require gradient")),
        }
    }

    /// Adds a hook that is called after this leaf's gradient has gathered.
    ///
    /// # Errors
    /// torch's, where this is no leaf that needs a gradient.
    pub fn register_post_accumulate_grad_hook(&self, hook: Arc<dyn Hook>) -> Result<u64> {
        if !self.is_leaf()? || !self.requires_grad()? {
            return Err(Error::runtime("post accumulate grad hooks cannot be registered on non-leaf tensors"));
        }
        self.refuse_in_program("a hook")?;
        let id = next_hook();
        self.0.state.lock().post_accumulate.push((id, hook));
        Ok(id)
    }

    /// Removes a hook of either kind.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn remove_hook(&self, id: u64) -> Result<()> {
        self.refuse_in_program("removing a hook")?;
        if let Some(edge) = self.read()?.edge {
            edge.node.remove_hook(id);
        }
        self.0.state.lock().post_accumulate.retain(|(i, _)| *i != id);
        Ok(())
    }

    /// Refuses what a program cannot repeat, where this tensor is not the program's own.
    fn refuse_in_program(&self, what: &str) -> Result<()> {
        trace::current().map_or(Ok(()), |trace| trace.refuse_outside(what, self))
    }

    /// Every hook that this tensor alone keeps: those after accumulation, and those on its gradient where nothing else
    /// holds its node. For a garbage collector, which must not wait: nothing where the tensor is in use right now.
    pub fn own_hooks(&self) -> Vec<Arc<dyn Hook>> {
        let Some(state) = self.0.state.try_lock() else { return Vec::new() };
        let after = state.post_accumulate.iter().map(|(_, h)| h.clone());
        // A view's edge lies with what it read last.
        let read = state.cache.iter().filter_map(|(_, var)| var.edge.as_ref());
        let edge = state.edge.iter().chain(read).filter(|e| Arc::strong_count(&e.node) == 1);
        after.chain(edge.flat_map(|e| e.node.hooks())).collect()
    }

    /// Drops every hook of [`Tensor::own_hooks`].
    pub fn clear_hooks(&self) {
        let mut state = self.0.state.lock();
        let dropped = std::mem::take(&mut state.post_accumulate);
        let read = state.cache.as_ref().and_then(|(_, var)| var.edge.clone());
        let edges = [state.edge.clone(), read];
        drop(state);
        drop(dropped);
        // Its own handle and this one.
        for edge in edges.into_iter().flatten().filter(|e| Arc::strong_count(&e.node) == 2) {
            edge.node.clear_hooks();
        }
    }

    /// Keeps the gradient of a tensor that is no leaf.
    ///
    /// # Errors
    /// torch's, where no gradient is recorded.
    pub fn retain_grad(&self) -> Result<()> {
        if !self.requires_grad()? {
            return Err(Error::runtime("can't retain_grad on Tensor that has requires_grad=False"));
        }
        if self.is_leaf()? {
            return Ok(());
        }
        self.refuse_in_program("retain_grad()")?;
        if std::mem::replace(&mut self.0.state.lock().retains_grad, true) {
            return Ok(());
        }
        self.register_hook(Arc::new(Retain(self.downgrade())))?;
        Ok(())
    }

    /// Whether `retain_grad` was called.
    pub fn retains_grad(&self) -> bool {
        self.0.state.lock().retains_grad
    }
}

/// The hook behind `retain_grad`.
struct Retain(super::WeakTensor);

impl Hook for Retain {
    fn call(&self, grad: &Tensor) -> Result<Option<Tensor>> {
        if let Some(tensor) = self.0.upgrade() {
            let sum = match tensor.grad() {
                Some(before) => Tensor::from_var(before.read()?.add(&grad.read()?)?),
                None => grad.clone(),
            };
            if sum.read()?.value.ty() == &tensor.ty() {
                tensor.set_grad(Some(sum))?;
            }
        }
        Ok(None)
    }

    fn watches(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
