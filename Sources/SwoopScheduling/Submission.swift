// New records: functions are renumbered, inputs linked, ranks computed. Intake.swift has the order
// in which that happens to a part of a graph.

package import SwoopModel

extension Scheduler {
    /// The place of a function in the table; new ones are appended.
    package mutating func functionIndex(of function: FunctionSpec) -> FunctionIndex {
        if let known = functionPlaces[function] { return known }
        let index = FunctionIndex(UInt32(functions.count))
        functions.append(function)
        durations.append(nil)
        outputSizes.append(OutputSizes())
        successes.append(NodeSet())
        functionPrograms.append(programPlace(of: function.program))
        functionPlaces[function] = index
        return index
    }

    /// Adds a task, not yet linked to its inputs.
    mutating func addTask(
        part: Int32, row: Int, id: TaskID, into effects: inout [SchedulerEffect]
    ) -> TaskIndex? {
        guard tasks.index(of: id) == nil else {
            reject(.repeatedTask, into: &effects)
            return nil
        }
        let index = enter(.call, part: part, row: row)
        count(tasks.client(of: index)) { $0.total += 1 }
        return index
    }

    /// Links a new record to its inputs; a wrong one fails, so that what depends on it fails with a
    /// reason.
    mutating func connect(_ index: TaskIndex) {
        // It may have failed before the whole of its part was there.
        guard tasks[index].state == .waiting else { return }
        switch tasks[index].kind {
        case .data: return
        case .iteration: return connect(loop: index)
        case .call: break
        }
        guard Int(tasks.function(of: index).rawValue) < functions.count else {
            let text = "it names no function of its graph"
            return setFailed(index, failure(.invalidGraph, of: index, text))
        }
        let inputs = resolveLoops(of: index)
        if let unknown = link(index, to: inputs) {
            let text = "it needs task \(unknown), which this graph does not have"
            setFailed(index, failure(.invalidGraph, of: index, text))
        }
    }

    /// Links a record to its inputs; where one is not in the table, tells it and links none.
    mutating func link(_ index: TaskIndex, to inputs: [TaskID]) -> TaskID? {
        for task in inputs {
            guard let input = tasks.index(of: task), input != index else { return task }
        }
        for task in inputs {
            guard let input = tasks.index(of: task) else { continue }
            tasks.connect(index, to: input)
            if tasks[index].claimsInputs { tasks[input].unfinishedDependents += 1 }
        }
        return nil
    }

    /// A task that names an ended loop reads the last round's result instead. Answers with its
    /// inputs.
    private mutating func resolveLoops(of index: TaskIndex) -> [TaskID] {
        let inputs = tasks.namedInputs(of: index)
        guard hasLoops, inputs.contains(where: { finalTask(ofLoop: $0) != nil }) else {
            return inputs
        }
        let spec = tasks.spec(of: index).renamed { finalTask(ofLoop: $0) ?? $0 }
        tasks.replaceSpec(of: index, with: spec)
        return spec.inputs
    }

    /// The longest path that starts at a new record, those behind it being known.
    mutating func rank(_ index: TaskIndex) {
        let duration = predictedNanoseconds(of: index)
        var longest: Int64 = 0
        tasks.forEachDependent(of: index) { longest = max(longest, tasks[$0].rank) }
        tasks[index].predicted = duration
        tasks[index].rank = longest.addingReportingOverflow(duration).partialValue
    }

    /// What a run is taken for that would take longer: 26 days. Sums of thousands are numbers.
    static let longest: Int64 = .max / 4_096

    /// What a run of the task is expected to take.
    func predictedNanoseconds(of index: TaskIndex) -> Int64 {
        let place = Int(tasks.function(of: index).rawValue)
        guard place < durations.count, let model = durations[place] else {
            return configuration.unknownNanoseconds
        }
        let nanoseconds = model.nanoseconds(tasks.feature(model.feature, of: index))
        return nanoseconds < Double(Self.longest) ? Int64(nanoseconds) : Self.longest
    }

    /// Lets a new record go: failed inputs fail it, lost ones are made again, complete ones make it
    /// ready.
    mutating func begin(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard tasks.contains(index) else { return }
        if tasks[index].state == .failed {
            announceFailure(index, into: &effects)
            for link in tasks.dependents(of: index) where tasks.isCurrent(link) {
                guard tasks[link.index].state != .done else { continue }
                fail(link.index, inputFailure(of: link.index, from: index), into: &effects)
            }
            return discardIfUnneeded(index, into: &effects)
        }
        guard tasks[index].state == .waiting else {
            if tasks[index].state == .done { announceDone(index, into: &effects) }
            return discardIfUnneeded(index, into: &effects)
        }
        for input in tasks.inputs(of: index) where tasks[input].state.isFinal {
            return fail(index, inputFailure(of: index, from: input), into: &effects)
        }
        guard tasks[index].isNeeded else { return discardIfUnneeded(index, into: &effects) }
        for input in tasks.inputs(of: index) where tasks[input].state == .done {
            makeAgainIfLost([input], into: &effects)
        }
        settleInputs(of: index, into: &effects)
    }

    /// Whether runs of the task failed by themselves.
    func hasSetbacks(_ index: TaskIndex) -> Bool {
        tasks.hasExtra(index) && !tasks[extra: index].setbacks.isEmpty
    }

    /// How many of the task's inputs are not available.
    func missingInputs(of index: TaskIndex) -> Int32 {
        var missing: Int32 = 0
        tasks.forEachInput(of: index) { missing += tasks[$0].isAvailable ? 0 : 1 }
        return missing
    }

    /// Counts what is missing and moves the record between waiting and ready accordingly.
    mutating func settleInputs(of index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard tasks[index].state == .waiting || tasks[index].state == .ready,
            !tasks[index].isNew, tasks[index].kind != .data
        else { return }
        var cause: TaskIndex?
        tasks.forEachInput(of: index) { if tasks[$0].state.isFinal { cause = cause ?? $0 } }
        if let cause {
            return fail(index, inputFailure(of: index, from: cause), into: &effects)
        }
        let unmet = missingInputs(of: index)
        tasks[index].unmet = unmet
        guard tasks[index].kind == .call else {
            return advance(loop: index, into: &effects)
        }
        if unmet > 0 {
            takeBack(index)
        } else if tasks[index].state == .waiting, hasSetbacks(index) {
            // Given back: it is still to avoid the nodes on which it failed.
            retries.append(PendingRetry(task: tasks.link(to: index), notBefore: now))
        } else if tasks[index].state == .waiting {
            change(index, to: .ready)
            queue(index)
        }
    }
}

extension TaskSpec {
    /// The same task with its inputs renamed.
    package func renamed(_ rename: (TaskID) -> TaskID) -> TaskSpec {
        var copy = self
        copy.arguments = arguments.map { $0.renamed(rename) }
        copy.pages = pages.map(rename)
        return copy
    }
}
