// Loops whose end depends on data: one round of the template at a time, until its condition holds.

package import SwoopModel

/// A loop that has not ended.
package struct IterationRecord: Sendable {
    package var spec: IterationSpec
    /// Rounds begun so far.
    package var round: UInt32 = 0
    /// The record of this round's state.
    package var result: TaskIndex?
    /// The record of this round's condition.
    package var condition: TaskIndex?

    package init(spec: IterationSpec) { self.spec = spec }
}

extension Scheduler {
    mutating func addIteration(
        _ spec: IterationSpec, functions places: [FunctionIndex], of client: ClientID,
        retry: RetryRule, into effects: inout [SchedulerEffect]
    ) -> TaskIndex? {
        guard tasks.index(of: spec.id) == nil else {
            reject(.repeatedTask, into: &effects)
            return nil
        }
        var resolved = spec
        for place in resolved.template.indices {
            let function = Int(resolved.template[place].function.rawValue)
            resolved.template[place].function =
                function < places.count ? places[function] : FunctionIndex(.max)
        }
        let stand = TaskSpec(id: spec.id, function: FunctionIndex(.max))
        let part = tasks.add([stand], of: client, retry: retry)
        let index = enter(.iteration, part: part, row: 0)
        iterations[index] = IterationRecord(spec: resolved)
        hasLoops = true
        return index
    }

    /// Links a new loop to the state that it starts from and to what its body needs from outside:
    /// both are kept until the loop ends.
    mutating func connect(loop index: TaskIndex) {
        guard var iteration = iterations[index] else { return }
        iteration.spec.rename { finalTask(ofLoop: $0) ?? $0 }
        iterations[index] = iteration
        let spec = iteration.spec
        let own = Set(spec.template.map(\.id))
        if !own.contains(spec.result) || !(spec.until.map(own.contains) ?? true) || spec.limit == 0
        {
            let text = "a loop needs at least one round, and a body that makes its state"
            return setFailed(index, failure(.invalidGraph, of: index, text))
        }
        var needed: [TaskID] = []
        spec.initial.forEachTask { needed.append($0) }
        var known = Set(needed)
        needed.append(contentsOf: spec.outerTasks.filter { known.insert($0).inserted })
        if let unknown = link(index, to: needed) {
            let text = "it needs task \(unknown), which this graph does not have"
            setFailed(index, failure(.invalidGraph, of: index, text))
        }
    }

    /// Called when something that the loop waits for is available: begins the next round, or ends
    /// the loop.
    mutating func advance(loop index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard let iteration = iterations[index], tasks[index].unmet == 0 else { return }
        if iteration.result == nil {
            return beginRound(of: index, state: iteration.spec.initial, into: &effects)
        }
        guard let result = iteration.result, tasks[result].isAvailable else { return }
        var isOver = iteration.round >= iteration.spec.limit
        if let condition = iteration.condition {
            guard case .inline(let bytes) = tasks.stored(of: condition) else {
                return fail(
                    index, failure(.invalidGraph, of: index, "its condition is not a Bool"),
                    into: &effects)
            }
            isOver = isOver || bytes.first == 1
        }
        if isOver {
            end(loop: index, with: result, into: &effects)
        } else {
            let state = Argument.output(tasks.id(of: result))
            beginRound(of: index, state: state, into: &effects)
        }
    }

    private mutating func beginRound(
        of index: TaskIndex, state: Argument, into effects: inout [SchedulerEffect]
    ) {
        guard var iteration = iterations[index] else { return }
        iteration.round += 1
        let round = UInt64(iteration.round)
        let loop = iteration.spec.id
        let own = Set(iteration.spec.template.map(\.id))
        let rename = { (task: TaskID) -> TaskID in
            own.contains(task) ? task.derived(site: loop.low ^ loop.high, ordinal: round) : task
        }
        let specs = iteration.spec.template.map { template in
            var spec = template.instantiated(
                placeholder: iteration.spec.placeholder, state: state, rename: rename)
            spec.id = rename(template.id)
            return spec
        }
        let part = tasks.add(
            TaskColumns(specs), of: tasks.client(of: index), retry: tasks.retry(of: index))
        var added: [TaskIndex] = []
        for row in specs.indices {
            guard let new = addTask(part: part, row: row, id: specs[row].id, into: &effects) else {
                continue
            }
            connect(new)
            added.append(new)
        }
        tasks.endPart(part)
        let outer = Set(iteration.spec.outerTasks.compactMap { tasks.index(of: $0) })
        let previous = tasks.inputs(of: index).filter { !outer.contains($0) }
        for input in previous { letGo(of: input, by: index) }
        let condition = iteration.spec.until.map(rename)
        let awaited = [rename(iteration.spec.result)] + (condition.map { [$0] } ?? [])
        _ = link(index, to: awaited.count == 2 && awaited[0] == awaited[1] ? [awaited[0]] : awaited)
        iteration.result = tasks.index(of: awaited[0])
        iteration.condition = condition.flatMap { tasks.index(of: $0) }
        iterations[index] = iteration
        tasks[index].unmet = missingInputs(of: index)
        rankRound(added)
        // Links: what begins may fail and be forgotten, and another loop's round take its place.
        let before = previous.map { tasks.link(to: $0) }
        for new in added.map({ tasks.link(to: $0) }) where tasks.isCurrent(new) {
            begin(new.index, into: &effects)
        }
        for input in before where tasks.isCurrent(input) {
            discardIfUnneeded(input.index, into: &effects)
        }
    }

    private mutating func rankRound(_ added: [TaskIndex]) {
        for index in added {
            tasks[index].predicted = predictedNanoseconds(of: index)
            tasks[index].rank = tasks[index].predicted
        }
    }

    /// The loop's dependents read the last round's result from now on.
    private mutating func end(
        loop index: TaskIndex, with result: TaskIndex, into effects: inout [SchedulerEffect]
    ) {
        iterations[index] = nil
        let others = tasks.inputs(of: index).filter { $0 != result }
        for input in others { letGo(of: input, by: index) }
        change(index, to: .done)
        tasks.store(tasks.stored(of: result), of: index)
        for input in others { discardIfUnneeded(input, into: &effects) }
        let loop = tasks.id(of: index)
        let final = tasks.id(of: result)
        let waiting = tasks.dependents(of: index)
        let own = tasks.link(to: index)
        for link in waiting where tasks.isCurrent(link) {
            redirect(link.index, from: loop, to: final, into: &effects)
        }
        // What goes on behind it may have ended all of it.
        guard tasks.isCurrent(own) else { return }
        let wanted = tasks[extra: index].wantedNames
        if !wanted.isEmpty { tasks[extra: index].wantedNames = [] }
        announceDone(index, into: &effects)
        for name in wanted {
            if !tasks[extra: result].wantedNames.contains(name) {
                tasks[extra: result].wantedNames.append(name)
            }
            send(result, named: name, into: &effects)
        }
        discardIfUnneeded(index, into: &effects)
    }

    private mutating func redirect(
        _ dependent: TaskIndex, from loop: TaskID, to final: TaskID,
        into effects: inout [SchedulerEffect]
    ) {
        guard let loopIndex = tasks.index(of: loop), tasks.reads(dependent, loopIndex) else {
            return
        }
        let rename = { (task: TaskID) in task == loop ? final : task }
        tasks.replaceSpec(of: dependent, with: tasks.spec(of: dependent).renamed(rename))
        iterations[dependent]?.spec.rename(rename)
        letGo(of: loopIndex, by: dependent)
        if let finalIndex = tasks.index(of: final), !tasks.reads(dependent, finalIndex) {
            _ = link(dependent, to: [final])
        }
        settleInputs(of: dependent, into: &effects)
    }

    /// The task that made the result of an ended loop; nil for anything else.
    func finalTask(ofLoop task: TaskID) -> TaskID? {
        guard hasLoops, let index = tasks.index(of: task), tasks[index].kind == .iteration,
            tasks[index].state == .done, let result = tasks.inputs(of: index).first
        else { return nil }
        return tasks.id(of: result)
    }
}

extension IterationSpec {
    /// What the body needs that neither the body nor the state is: each once, in order.
    package var outerTasks: [TaskID] {
        var known = Set(template.map(\.id))
        known.insert(placeholder)
        return template.flatMap(\.inputs).filter { known.insert($0).inserted }
    }

    /// Renames what the loop needs from outside.
    package mutating func rename(_ rename: (TaskID) -> TaskID) {
        initial = initial.renamed(rename)
        template = template.map { $0.renamed(rename) }
    }
}

extension TaskSpec {
    /// A template's task for one round: the placeholder becomes the state, other tasks are renamed.
    package func instantiated(
        placeholder: TaskID, state: Argument, rename: (TaskID) -> TaskID
    ) -> TaskSpec {
        var copy = self
        copy.arguments = arguments.map {
            $0.replacing(placeholder, with: state).renamed(rename)
        }
        copy.pages = pages.map { page in
            if page == placeholder, case .output(let task) = state { return task }
            return rename(page)
        }
        return copy
    }
}

extension Argument {
    /// The same argument with every use of a task's output replaced.
    package func replacing(_ task: TaskID, with replacement: Argument) -> Argument {
        switch self {
        case .bytes: self
        case .output(let own): own == task ? replacement : self
        case .sequence(let parts): .sequence(parts.map { $0.replacing(task, with: replacement) })
        case .operation(let operation, let operands, let operandType, let resultType):
            .operation(
                operation, operands: operands.map { $0.replacing(task, with: replacement) },
                operandType: operandType, resultType: resultType)
        }
    }
}
