"""The same question asked of HiGHS, a mixed-integer solver: slow, independent of our code, and exact."""

from typing import Any

import highspy
import numpy as np

from domain.routing.values import RoutingRequest


class Model:
    """Columns and rows collected one by one, then solved at once."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.rows: list[tuple[float, float]] = []
        self.starts, self.indices, self.values = [0], [], []

    def column(self, cost: float, upper: float = 1.0) -> int:
        self.cost.append(float(cost))
        self.upper.append(float(upper))
        return len(self.cost) - 1

    def row(self, low: float, high: float, terms: list[tuple[int, float]]) -> None:
        self.rows.append((float(low), float(high)))
        for index, value in terms:
            self.indices.append(index)
            self.values.append(float(value))
        self.starts.append(len(self.indices))

    def solve(self, *, integer: bool = True, seconds: float = 60.0, gap: float = 0.0) -> Any:
        solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_rel_gap", gap)):
            solver.setOptionValue(option, value)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.cost), len(self.rows)
        program.col_cost_, program.col_upper_ = np.array(self.cost), np.array(self.upper)
        program.col_lower_ = np.zeros(len(self.cost))
        program.row_lower_ = np.array([low for low, _ in self.rows])
        program.row_upper_ = np.array([high for _, high in self.rows])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = np.array(self.starts), np.array(self.indices)
        program.a_matrix_.value_ = np.array(self.values)
        if integer:
            program.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)
        solver.passModel(program)
        solver.run()
        return solver


NO_LIMIT = 1e30


def cheapest_by_highs(request: RoutingRequest, *, seconds: float = 60.0) -> int | None:
    """Cost of the cheapest plan of whole lines, one method, one parcel per location; None if there is none."""
    model, split = whole_lines_model(request)
    solver = model.solve(seconds=seconds)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return round(solver.getInfo().objective_function_value) - split


def whole_lines_model(request: RoutingRequest) -> tuple[Model, int]:
    """Also the constant by which the objective is too large: the split of the first parcel."""
    model, split = Model(), request.options.split_minor
    lines = range(len(request.demands))
    served: list[list[tuple[int, float]]] = [[] for _ in lines]
    opened = []
    for at, candidate in enumerate(request.candidates):
        able = [line for line in lines if request.stock[line][at] >= request.demands[line].quantity]
        if not able:
            continue
        parcel = model.column(candidate.rate.base_minor + candidate.parcel_handling_minor + split)
        opened.append((parcel, 1.0))
        weight = sum(request.demands[line].grams_each * request.demands[line].quantity for line in able)
        kilograms = model.column(candidate.rate.per_kilogram_minor, upper=-(-weight // 1000))
        content = []
        for line in able:
            demand = request.demands[line]
            extra = request.unit_costs[line][at] if request.unit_costs else 0
            taken = model.column(demand.quantity * (candidate.unit_handling_minor + extra))
            served[line].append((taken, 1.0))
            content.append((taken, line))
            model.row(-NO_LIMIT, 0, [(taken, 1), (parcel, -1)])
        grams = [
            (taken, request.demands[line].grams_each * request.demands[line].quantity / 1000) for taken, line in content
        ]
        model.row(-NO_LIMIT, candidate.rate.included_kilograms, [*grams, (kilograms, -1)])
        if candidate.capacity_units is not None:
            units = [(taken, request.demands[line].quantity) for taken, line in content]
            model.row(-NO_LIMIT, candidate.capacity_units, units)
        for variant in {request.demands[line].variant for line in able}:
            same = [(taken, line) for taken, line in content if request.demands[line].variant == variant]
            units = [(taken, request.demands[line].quantity) for taken, line in same]
            model.row(-NO_LIMIT, request.stock[same[0][1]][at], units)
    for terms in served:
        model.row(1, 1, terms)
    if request.options.max_parcels is not None:
        model.row(-NO_LIMIT, request.options.max_parcels, opened)
    return model, split
