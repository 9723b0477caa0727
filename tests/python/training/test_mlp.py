"""Holds the test that fifty training steps of an MLP are torch's."""

import pytest
import torch
from conversion import assert_same

import flashlight as fl


def fifty_steps(library):
    library.manual_seed(0)
    images = library.rand(640, 1, 28, 28)
    labels = library.randint(0, 10, (640,))
    data = library.utils.data
    loader = data.DataLoader(data.TensorDataset(images, labels), batch_size=64, shuffle=True)
    nn = library.nn
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = library.optim.Adam(model.parameters())
    loss_fn = nn.CrossEntropyLoss()
    losses, first = [], None
    for _ in range(5):
        for x, y in loader:
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            first = first or [parameter.grad.clone() for parameter in model.parameters()]
            optimizer.step()
            losses.append(loss.item())
    return losses, first


def test_fifty_steps_give_torch_losses_and_gradients():
    (ours, gradients), (theirs, reference) = fifty_steps(fl), fifty_steps(torch)
    assert len(ours) == 50
    assert ours == pytest.approx(theirs, abs=1e-4)
    assert_same(gradients, reference, rtol=1e-4, atol=1e-6)
