// Runs of the agent: from lease to report.

import SwoopModel

extension AgentMachine {
    mutating func take(_ lease: Lease, into effects: inout [AgentEffect]) {
        guard lease.id > newestLease else {
            dropped += 1
            return
        }
        newestLease = lease.id
        let first = Int(lease.firstFunction)
        if first <= functions.count {
            let known = functions.count - first
            let new = Array(lease.functions.dropFirst(known))
            // Every worker has the whole table: an index means the same to all of them.
            for worker in workers {
                guard !new.isEmpty, case .ready(let id) = worker.state else { continue }
                effects.append(.declare(id, first: UInt32(functions.count), new))
            }
            functions.append(contentsOf: new)
            for function in new { functionWorkers.append(workerPlace(for: function.program)) }
        }
        var lost: Set<TaskID> = []
        for task in lease.tasks { take(task, lost: &lost, into: &effects) }
    }

    /// - Parameter lost: tasks of the lease that were given back at once; what waits for one is,
    /// too.
    private mutating func take(
        _ task: AssignedTask, lost: inout Set<TaskID>, into effects: inout [AgentEffect]
    ) {
        let attempt = task.attemptID
        guard runs[attempt] == nil else {
            dropped += 1
            return
        }
        var run = Run(task: task, worker: workerPlace(of: task.spec), inputs: [], missing: 0)
        var isHopeless = false
        for input in task.inputs {
            let found = find(input)
            if let found {
                if let output = found.output {
                    pin(output)
                    run.pins.append(output)
                }
            } else {
                run.missing += 1
                waiters[input.task, default: []].append(attempt)
                if lost.contains(input.task) || !awaits(input, into: &effects) {
                    isHopeless = true
                }
            }
            run.inputs.append(found?.input)
        }
        run.state = run.missing == 0 ? .ready : .waiting
        runs[attempt] = run
        if isHopeless {
            lost.insert(attempt.task)
            giveBack(attempt, into: &effects)
        } else if run.missing == 0 {
            workers[run.worker].ready.append(attempt)
        }
    }

    /// The input as a worker can read it, and the output of this node that it lies in; nil: it is
    /// not here.
    private func find(_ input: AssignedInput) -> (input: RunInput, output: TaskID?)? {
        switch input.source {
        case .inline(let bytes): return (RunInput(task: input.task, source: .inline(bytes)), nil)
        case .pending: return nil
        case .stored:
            guard let (extent, output) = place(of: input) else { return nil }
            return (RunInput(task: input.task, source: .extent(extent)), output)
        }
    }

    /// Where an input lies on this node now, and in which output; nil: nowhere.
    func place(of input: AssignedInput) -> (extent: PageExtent, output: TaskID)? {
        if let output = outputs[input.task], !output.isDamaged {
            return (output.extent, input.task)
        }
        guard case .stored(let pages, _) = input.source, let slice = input.slice,
            let part = pages.parts.first, let whole = outputs[slice.task], !whole.isDamaged,
            let extent = whole.extent.part(at: slice.offset, part)
        else { return nil }
        return (extent, slice.task)
    }

    /// News from the worker at `place`.
    mutating func take(
        _ report: RunReport, from place: Int, into effects: inout [AgentEffect]
    ) {
        let attempt = report.attempt
        workers[place].hasReported = true
        workers[place].barrenDeaths = 0
        guard let run = runs[attempt], run.worker == place, run.isWithWorker else {
            if case .childrenEnded = report { reports.append(report) } else { dropped += 1 }
            return
        }
        switch report {
        case .started:
            guard run.state == .dispatched else { return }
            runs[attempt]?.state = .running
            forward(report, of: run)
        case .suspended:
            runs[attempt]?.state = .suspended
            forward(report, of: run)
        case .resumed:
            runs[attempt]?.state = .running
            forward(report, of: run)
        case .childrenEnded: forward(report, of: run)
        case .returned: giveBack(attempt, into: &effects)
        case .ended(_, .failed, _) where misled.remove(attempt) != nil:
            giveBack(attempt, into: &effects)
        case .ended(_, var outcome, let record):
            if case .finished(.page(let pages)) = outcome {
                guard run.stopBy != nil || outputs[attempt.task] != nil else {
                    return distrust(
                        workers[place].id ?? WorkerID(0), "it told of a page that it did not store",
                        culprit: attempt, into: &effects)
                }
                // What is told is what is kept here: the worker's word may be about another copy.
                outcome = .finished(.page(outputs[attempt.task]?.extent.pages ?? pages))
            }
            remove(attempt, into: &effects)
            forward(.ended(attempt, outcome, record), of: run)
            switch outcome {
            case .finished(let stored): satisfy(attempt.task, with: stored, into: &effects)
            case .failed, .cancelled: giveBackWaiters(of: attempt.task, into: &effects)
            }
            if run.stopBy != nil || !outcome.isFinished { free(attempt, into: &effects) }
            if outcome.isOfHangingCall { killHanging(place, into: &effects) }
        }
    }

    /// A call of a run hangs that was told of as ended: its core is free only with its process.
    private mutating func killHanging(_ place: Int, into effects: inout [AgentEffect]) {
        guard !workers[place].isKilling, let id = workers[place].id else { return }
        workers[place].isKilling = true
        effects.append(.killWorker(id))
    }

    /// The coordinator is not told of runs that it took back itself.
    private mutating func forward(_ report: RunReport, of run: Run) {
        if run.stopBy == nil { reports.append(report) }
    }

    /// The run is over here, in whatever way: it leaves its worker and reads its inputs no more.
    mutating func remove(_ attempt: AttemptID, into effects: inout [AgentEffect]) {
        guard let run = runs.removeValue(forKey: attempt) else { return }
        if !stopping.isEmpty { stopping.remove(attempt) }
        if !misled.isEmpty { misled.remove(attempt) }
        if run.isWithWorker {
            workers[run.worker].dispatched -= 1
            if run.task.isIsolated { workers[run.worker].isIsolating = false }
        }
        if run.isWithWorker { takeBackInputs(of: run, into: &effects) }
        for output in run.pins { unpin(output, into: &effects) }
    }

    /// The output of a run of this node reached those that wait for it here.
    private mutating func satisfy(
        _ task: TaskID, with stored: StoredOutput, into effects: inout [AgentEffect]
    ) {
        let source: RunInputSource
        switch stored {
        case .inline(let bytes): source = .inline(bytes)
        case .page:
            guard let output = outputs[task] else {
                return giveBackWaiters(of: task, into: &effects)
            }
            source = .extent(output.extent)
        }
        provide(task, source, of: task, into: &effects)
    }

    /// Hands an input to the runs that wait for it.
    ///
    /// - Parameter output: the output of this node that an extent lies in.
    mutating func provide(
        _ task: TaskID, _ source: RunInputSource, of output: TaskID,
        into effects: inout [AgentEffect]
    ) {
        guard !waiters.isEmpty else { return }
        for attempt in waiters.removeValue(forKey: task) ?? [] {
            // In place: a run may have thousands of inputs, and each comes by itself.
            guard let index = runs.index(forKey: attempt) else { continue }
            let filled = runs.values[index].fill(task, with: source)
            if case .extent = source {
                for _ in 0..<filled {
                    pin(output)
                    runs.values[index].pins.append(output)
                }
            }
            if runs.values[index].missing == 0 && runs.values[index].state == .waiting {
                runs.values[index].state = .ready
                workers[runs.values[index].worker].ready.append(attempt)
            }
        }
    }

    /// Runs that wait for an output that will not come are given back, and those that wait for
    /// them.
    mutating func giveBackWaiters(of task: TaskID, into effects: inout [AgentEffect]) {
        var work = waiters.removeValue(forKey: task) ?? []
        while let attempt = work.popLast() {
            guard let run = runs[attempt], run.state == .waiting else { continue }
            remove(attempt, into: &effects)
            if run.stopBy == nil { reports.append(.returned(attempt)) }
            work.append(contentsOf: waiters.removeValue(forKey: attempt.task) ?? [])
        }
    }

    /// A run goes back to the coordinator, unstarted and uncharged.
    mutating func giveBack(_ attempt: AttemptID, into effects: inout [AgentEffect]) {
        guard let run = runs[attempt] else { return }
        remove(attempt, into: &effects)
        free(attempt, into: &effects)
        if run.stopBy == nil { reports.append(.returned(attempt)) }
        giveBackWaiters(of: attempt.task, into: &effects)
    }

    mutating func revoke(_ attempts: [AttemptID], into effects: inout [AgentEffect]) {
        for attempt in attempts {
            guard let run = runs[attempt] else {
                free(attempt, into: &effects)
                continue
            }
            switch run.state {
            case .waiting, .ready:
                remove(attempt, into: &effects)
                giveBackWaiters(of: attempt.task, into: &effects)
            case .dispatched, .running, .suspended:
                guard run.stopBy == nil, case .ready(let id) = workers[run.worker].state else {
                    continue
                }
                runs[attempt]?.stopBy = now.advanced(by: configuration.cancellationGrace)
                stopping.insert(attempt)
                effects.append(.cancelRun(id, attempt))
            }
        }
    }

    /// Gives back what has not begun; what has goes on, and its end is the answer.
    mutating func recall(_ attempts: [AttemptID], into effects: inout [AgentEffect]) {
        for attempt in attempts {
            guard let run = runs[attempt], run.stopBy == nil else { continue }
            switch run.state {
            case .waiting, .ready: giveBack(attempt, into: &effects)
            case .dispatched:
                guard case .ready(let id) = workers[run.worker].state else { continue }
                effects.append(.recallRun(id, attempt))
            case .running, .suspended: break
            }
        }
    }

    /// What the function of a run declared.
    func needs(of spec: TaskSpec) -> TaskNeeds {
        let place = Int(spec.function.rawValue)
        return place < functions.count ? functions[place].needs : TaskNeeds()
    }

    /// A page made by an attempt that was taken back, or whose worker died before it said so, is of
    /// no use.
    mutating func free(_ attempt: AttemptID, into effects: inout [AgentEffect]) {
        guard outputs[attempt.task]?.attempt == attempt.number else { return }
        drop([attempt.task], into: &effects)
    }
}

extension AgentMachine.Run {
    /// Puts an input where it is missing; at how many places that was.
    fileprivate mutating func fill(_ task: TaskID, with source: RunInputSource) -> Int {
        var filled = 0
        for place in self.task.inputs.indices
        where self.task.inputs[place].task == task && inputs[place] == nil {
            inputs[place] = RunInput(task: task, source: source)
            filled += 1
        }
        missing -= filled
        return filled
    }
}

extension RunOutcome {
    var isFinished: Bool {
        if case .finished = self { true } else { false }
    }

    /// Whether a call had its time and did not end.
    var isOfHangingCall: Bool {
        guard case .failed(let failure) = self else { return false }
        return failure.kind == .timedOut && failure.signal != 0
    }
}
