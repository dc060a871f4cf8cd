// A part of a graph becomes records: functions are renumbered, inputs linked, ranks computed.

package import SwoopModel

extension Scheduler {
    mutating func submit(
        _ part: GraphPart, data: [[UInt8]], of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        guard let clientPlace = clientPlace(client) else {
            return reject(.unknownClient, into: &effects)
        }
        let program = clients[clientPlace].program
        let places = part.functions.map { function in
            var own = function
            own.program = program
            return functionIndex(of: own)
        }
        var added: [TaskIndex] = []
        for (order, item) in part.data.enumerated() {
            let bytes = order < data.count ? data[order] : []
            if let index = addData(item, bytes: bytes, of: client, into: &effects) {
                added.append(index)
            }
        }
        for var spec in part.tasks {
            let place = Int(spec.function.rawValue)
            spec.function = place < places.count ? places[place] : FunctionIndex(.max)
            guard let index = addTask(spec, of: client, into: &effects) else { continue }
            tasks[index].retry = part.retry
            added.append(index)
        }
        for iteration in part.iterations {
            if let index = addIteration(
                iteration, functions: places, of: client, into: &effects)
            {
                tasks[index].retry = part.retry
                added.append(index)
            }
        }
        for task in part.held {
            guard let index = tasks.index(of: task), tasks[index].client == client else { continue }
            tasks[index].isHeld = true
        }
        for index in added { connect(index) }
        let order = inOrder(added)
        rank(order)
        // Links: what begins may fail and be forgotten, and the round of a loop take its place.
        let begun = order.map { tasks.link(to: $0) }
        for task in begun where tasks.isCurrent(task) { begin(task.index, into: &effects) }
        guard order.count < added.count else { return }
        for index in Set(added).subtracting(order).sorted() where tasks.contains(index) {
            let text = "it needs itself, by way of what it needs"
            let inputs = tasks[index].inputs
            unlink(index)
            for input in inputs { discardIfUnneeded(input, into: &effects) }
            fail(index, failure(.invalidGraph, of: index, text), into: &effects)
        }
    }

    /// The new records, each behind those of its inputs that are new; without what needs itself.
    private mutating func inOrder(_ added: [TaskIndex]) -> [TaskIndex] {
        guard added.count > 1 else { return added }
        // Of each new record the number of new inputs that are not in order yet.
        for index in added { tasks.marks[index] = 0 }
        var order: [TaskIndex] = []
        order.reserveCapacity(added.count)
        for index in added {
            let missing = tasks[index].inputs.count { tasks.marks[$0] >= 0 }
            tasks.marks[index] = Int32(clamping: missing)
            if missing == 0 { order.append(index) }
        }
        var next = 0
        while next < order.count {
            let index = order[next]
            next += 1
            for place in tasks[index].dependents.indices {
                let link = tasks[index].dependents[place]
                guard tasks.isCurrent(link), tasks.marks[link.index] > 0 else { continue }
                tasks.marks[link.index] -= 1
                if tasks.marks[link.index] == 0 { order.append(link.index) }
            }
        }
        for index in added { tasks.marks[index] = -1 }
        return order
    }

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
        _ spec: TaskSpec, of client: ClientID, into effects: inout [SchedulerEffect]
    ) -> TaskIndex? {
        guard tasks.index(of: spec.id) == nil else {
            reject(.repeatedTask, into: &effects)
            return nil
        }
        let index = enter(TaskRecord(spec: spec, client: client, kind: .call))
        count(client) { $0.total += 1 }
        return index
    }

    /// Links a new record to its inputs; a wrong one fails, so that what depends on it fails with a
    /// reason.
    mutating func connect(_ index: TaskIndex) {
        switch tasks[index].kind {
        case .data: return
        case .iteration: return connect(loop: index)
        case .call: break
        }
        guard Int(tasks[index].spec.function.rawValue) < functions.count else {
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
            tasks[index].inputs.append(input)
            tasks[input].retainers += 1
            if tasks[index].claimsInputs { tasks[input].unfinishedDependents += 1 }
            compactDependents(of: input)
            tasks[input].dependents.append(tasks.link(to: index))
        }
        return nil
    }

    /// Lets go of all inputs of a record.
    mutating func unlink(_ index: TaskIndex) {
        for input in tasks[index].inputs { letGo(of: input, by: index) }
        tasks[index].inputs = []
    }

    /// Links of forgotten tasks are cleared when they outnumber the living.
    private mutating func compactDependents(of index: TaskIndex) {
        let links = tasks[index].dependents
        guard links.count > 2 * tasks[index].retainers + 16 else { return }
        tasks[index].dependents = links.filter { tasks.isCurrent($0) }
    }

    /// A task that names an ended loop reads the last round's result instead. Answers with its
    /// inputs.
    private mutating func resolveLoops(of index: TaskIndex) -> [TaskID] {
        let inputs = tasks[index].spec.inputs
        guard hasLoops, inputs.contains(where: { finalTask(ofLoop: $0) != nil }) else {
            return inputs
        }
        tasks[index].spec = tasks[index].spec.renamed { finalTask(ofLoop: $0) ?? $0 }
        return tasks[index].spec.inputs
    }

    private mutating func rank(_ added: [TaskIndex]) {
        for index in added.reversed() {
            let duration = predictedNanoseconds(of: index)
            var longest: Int64 = 0
            for link in tasks[index].dependents where tasks.isCurrent(link) {
                longest = max(longest, tasks[link.index].rank)
            }
            tasks[index].predicted = duration
            tasks[index].rank = longest.addingReportingOverflow(duration).partialValue
        }
    }

    /// What a run is taken for that would take longer: 26 days. Sums of thousands are numbers.
    static let longest: Int64 = .max / 4_096

    /// What a run of the task is expected to take.
    func predictedNanoseconds(of index: TaskIndex) -> Int64 {
        let place = Int(tasks[index].spec.function.rawValue)
        guard place < durations.count, let model = durations[place] else {
            return configuration.unknownNanoseconds
        }
        let nanoseconds = model.nanoseconds(features: tasks[index].spec.features)
        return nanoseconds < Double(Self.longest) ? Int64(nanoseconds) : Self.longest
    }

    /// Lets a new record go: failed inputs fail it, lost ones are made again, complete ones make it
    /// ready.
    mutating func begin(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard tasks.contains(index) else { return }
        if tasks[index].state == .failed {
            announceFailure(index, into: &effects)
            for link in tasks[index].dependents where tasks.isCurrent(link) {
                guard tasks[link.index].state != .done else { continue }
                fail(link.index, inputFailure(of: link.index, from: index), into: &effects)
            }
            return discardIfUnneeded(index, into: &effects)
        }
        guard tasks[index].state == .waiting else {
            if tasks[index].state == .done { announceDone(index, into: &effects) }
            return discardIfUnneeded(index, into: &effects)
        }
        for input in tasks[index].inputs where tasks[input].state.isFinal {
            return fail(index, inputFailure(of: index, from: input), into: &effects)
        }
        guard tasks[index].isNeeded else { return discardIfUnneeded(index, into: &effects) }
        for input in tasks[index].inputs where tasks[input].state == .done {
            makeAgainIfLost([input], into: &effects)
        }
        settleInputs(of: index, into: &effects)
    }

    /// Counts what is missing and moves the record between waiting and ready accordingly.
    mutating func settleInputs(of index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard tasks[index].state == .waiting || tasks[index].state == .ready else { return }
        if tasks[index].kind == .data { return }
        if let cause = tasks[index].inputs.first(where: { tasks[$0].state.isFinal }) {
            return fail(index, inputFailure(of: index, from: cause), into: &effects)
        }
        let unmet = tasks[index].inputs.reduce(0) { $0 + (tasks[$1].isAvailable ? 0 : 1) }
        tasks[index].unmet = unmet
        guard tasks[index].kind == .call else {
            return advance(loop: index, into: &effects)
        }
        if unmet > 0 {
            takeBack(index)
        } else if tasks[index].state == .waiting, !tasks[index].setbacks.isEmpty {
            // Given back: it is still to avoid the nodes on which it failed.
            retries.append(PendingRetry(task: tasks.link(to: index), notBefore: now))
        } else if tasks[index].state == .waiting {
            change(index, to: .ready)
            guard let program = programPlace(of: index) else { return }
            let task = tasks[index].spec.id
            let line = ReadyLine(program: program, effect: demand(of: index).effect)
            ready.push(index, task: task, rank: tasks[index].rank, in: line)
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
