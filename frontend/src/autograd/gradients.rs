//! `backward` and `grad` of tensors: what torch asks before it walks the graph, in torch's words.

use flashlight_compiler::types::Scalar;

use super::{
    engine::{Request, backward},
    node::{Edge, Var},
    tape::Scope,
};
use crate::{
    emitter::Base,
    error::{Error, Result},
    function::{Argument, sizes_text},
    tensor::Tensor,
};

/// Differentiates `outputs`, weighted by `weights` (ones where none is given, of scalars). With `inputs`, answers with
/// their gradients; none for an input that no output depends on.
///
/// # Errors
/// torch's: outputs without history, weights of another shape, inputs that need no gradient, and all of [`backward`].
pub fn differentiate(
    outputs: &[(Tensor, Option<Tensor>)],
    inputs: Option<&[Tensor]>,
    request: Request,
) -> Result<Vec<Option<Tensor>>> {
    let roots = outputs.iter().enumerate().map(|(i, (output, weight))| root(i, output, weight.as_ref()));
    let roots = roots.collect::<Result<Vec<_>>>()?;
    let Some(inputs) = inputs else { return backward(roots, None, request).map(|_| Vec::new()) };
    let edge = |input: &Tensor| {
        let unused = || Error::runtime("One of the differentiated Tensors does not require grad");
        input.read()?.edge.ok_or_else(unused)
    };
    let edges: Vec<Edge> = inputs.iter().map(edge).collect::<Result<_>>()?;
    if request.accumulate {
        // As in torch, a result that is asked for keeps its gradients from now on.
        inputs.iter().try_for_each(Tensor::retain_grad)?;
        return backward(roots, Some(&edges), request).map(|_| Vec::new());
    }
    let captured = backward(roots, Some(&edges), request)?;
    Ok(captured.into_iter().map(|var| var.map(Tensor::from_var)).collect())
}

fn root(i: usize, output: &Tensor, weight: Option<&Tensor>) -> Result<(Edge, Var)> {
    let var = output.read()?;
    let Some(edge) = var.edge else {
        return Err(Error::runtime(format_args!(
            "element {i} of tensors does not require grad and does not have a grad_fn"
        )));
    };
    let ty = output.ty();
    let Some(weight) = weight else {
        if ty.numel().as_known() != Some(1) {
            return Err(Error::runtime("grad can be implicitly created only for scalar outputs"));
        }
        let mut base = Base::on(output.device());
        let mut scope = Scope::over(&mut base, false);
        let one = scope.number(Scalar::Int(1), ty.dtype)?;
        let ones = scope.broadcast_to(&one, &ty.shape)?;
        return Ok((edge, Var::constant(ones)));
    };
    if weight.shape() != ty.shape {
        return Err(Error::runtime(format_args!(
            "Mismatch in shape: grad_output[{i}] has a shape of torch.Size({}) and output[{i}] has a shape of \
             torch.Size({}).",
            sizes_text(&weight.shape()),
            sizes_text(&ty.shape)
        )));
    }
    let mut weight = weight.read()?;
    if weight.ty().dtype != ty.dtype {
        let mut base = Base::on(output.device());
        let mut scope = Scope::over(&mut base, weight.edge.is_some());
        let value = scope.operand(&Argument::Tensor(Tensor::from_var(weight)), ty.dtype)?;
        weight = scope.finish("to_copy", &[value]).remove(0);
    }
    Ok((edge, weight))
}
