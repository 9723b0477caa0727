"""Holds tests of ResNet-18, built of the layers, as a large program: its gradients are torch's, its training step is
optimised to few copies, and the same in every process."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conversion import as_flashlight, assert_same

import flashlight as fl

CLASSES, SHAPE = 100, (2, 3, 64, 64)


def resnet18(library):
    """ResNet-18 as He et al. describe it, of one library's layers, with torchvision's names."""
    nn = library.nn

    def conv(inputs, outputs, size, stride=1):
        return nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU(inplace=True)
            self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
            same = stride == 1 and inputs == outputs
            self.downsample = None if same else nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            y += x if self.downsample is None else self.downsample(x)
            return self.relu(y)

    class ResNet18(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1, self.relu = conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            stages = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
            for i, (inputs, outputs, stride) in enumerate(stages):
                stage = nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1))
                self.add_module(f"layer{i + 1}", stage)
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(512, CLASSES)

        def forward(self, x):
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(library.flatten(self.avgpool(x), 1))

    return ResNet18()


def compiled_step():
    """A training step that has run often enough to have its last program."""
    fl.manual_seed(0)
    model = resnet18(fl)
    optimizer = fl.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    criterion = fl.nn.CrossEntropyLoss()

    @fl.compile
    def step(images, labels):
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    images, labels = fl.randn(SHAPE), fl.randint(0, CLASSES, (SHAPE[0],))
    for _ in range(3):
        step(images, labels)
    assert step.counts == (2, 1)
    return step


def digest(step):
    program = fl.inspect(step).programs[-1]
    return hashlib.sha256("".join([program.traced, program.optimised, *program.reports]).encode()).hexdigest()


@pytest.fixture(scope="module")
def step():
    return compiled_step()


def test_loss_and_gradients_are_torchs():
    torch.manual_seed(0)
    reference = resnet18(torch).double()
    model = resnet18(fl).double()
    model.load_state_dict(as_flashlight(reference.state_dict()))
    images, labels = torch.randn(SHAPE, dtype=torch.float64), torch.randint(0, CLASSES, (SHAPE[0],))
    losses = []
    for library, network, batch in ((torch, reference, (images, labels)), (fl, model, as_flashlight((images, labels)))):
        loss = library.nn.functional.cross_entropy(network(batch[0]), batch[1])
        loss.backward()
        losses.append(loss.item())
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert_same(gradients, {n: p.grad for n, p in reference.named_parameters()}, rtol=1e-7, atol=1e-9)
    assert_same(model.state_dict(), reference.state_dict(), rtol=1e-9, atol=1e-9)


def test_the_training_step_copies_only_at_its_edges(step, record_property):
    program = fl.inspect(step).programs[-1]
    report = program.reports[0]
    (recorded, copied, left), (before, after) = program.permutes[0], program.cost[0]
    nodes = [int(n) for n in re.search(r"nodes: (\d+) -> (\d+)", report).groups()]
    facts = {
        "nodes": nodes,
        "e-nodes": program.e_nodes,
        "seconds": round(program.seconds, 3),
        "permutes recorded, copying, left": [recorded, copied, left],
        "cost": [before, after],
    }
    for name, value in facts.items():
        record_property(name, value)
    print(facts)
    assert 1000 < nodes[1] < nodes[0] < 2000
    assert "saturated" in report
    assert copied > 100
    assert after < before
    # The image comes in the caller's layout; weights, moments and gradients are stored in the convolutions'.
    assert left == 1
    image = f"left: f32[{','.join(map(str, SHAPE))}] by [0,2,3,1]: %x0 comes in the caller's layout"
    assert image in report


def test_another_process_makes_the_same_program(step):
    code = "import test_resnet as t; print(t.digest(t.compiled_step()))"
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "7"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == digest(step)
