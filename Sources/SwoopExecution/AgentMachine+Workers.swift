// Worker processes of the agent: when one is started, and whom its death is charged to.

package import SwoopModel

extension AgentMachine {
    /// Clients that have runs for this worker; ascending.
    package func clients(of worker: WorkerID) -> [ClientID] {
        guard let place = place(of: worker) else { return [] }
        let own = runs.filter { $0.value.worker == place }.map { ClientID($0.key.task.high) }
        return Set(own).sorted()
    }

    /// Where the worker of that id is; nil: it is gone.
    func place(of id: WorkerID) -> Int? { workers.firstIndex { $0.id == id } }

    /// Where it is, if it is up and what it says is believed.
    func place(ofTrusted id: WorkerID) -> Int? {
        place(of: id).flatMap { place in
            workers[place].state == .ready(id) && workers[place].distrust == nil ? place : nil
        }
    }

    /// The place of a program's worker; a new program gets one.
    mutating func workerPlace(for program: ProgramID) -> Int {
        if let place = workers.firstIndex(where: { $0.program == program }) { return place }
        workers.append(ProgramWorker(program: program))
        return workers.count - 1
    }

    mutating func workerPlace(of spec: TaskSpec) -> Int {
        let function = Int(spec.function.rawValue)
        return function < functionWorkers.count
            ? functionWorkers[function] : workerPlace(for: .none)
    }

    mutating func startWorker(at place: Int, into effects: inout [AgentEffect]) {
        workersStarted += 1
        let id = WorkerID(workersStarted)
        workers[place].state = .starting(id)
        workers[place].hasReported = false
        effects.append(.startWorker(id, workers[place].program))
    }

    mutating func ready(_ id: WorkerID, into effects: inout [AgentEffect]) {
        guard let place = place(of: id), workers[place].state == .starting(id) else { return }
        workers[place].state = .ready(id)
        workers[place].failedStarts = 0
        workers[place].lastUsed = now
        if !functions.isEmpty { effects.append(.declare(id, first: 0, functions)) }
    }

    // MARK: Workers without work

    /// When a worker ends that nobody uses: the one that was idle for longest, while there are
    /// others. The last one stays, since it takes longer to start than a run to arrive.
    var idleDeadline: Timestamp? {
        longestIdle.map { workers[$0].lastUsed.advanced(by: configuration.idleMax) }
    }

    private var longestIdle: Int? {
        guard workers.count > 1, workers.count(where: { $0.id != nil && !$0.isKilling }) > 1
        else { return nil }
        return workers.indices.filter { workers[$0].isIdle }
            .min { workers[$0].lastUsed < workers[$1].lastUsed }
    }

    mutating func endIdleWorker(into effects: inout [AgentEffect]) {
        guard let place = longestIdle, let due = idleDeadline, due <= now,
            let id = workers[place].id
        else { return }
        workers[place].isKilling = true
        effects.append(.killWorker(id))
    }

    // MARK: Workers that are not believed

    /// A worker's memory is its tasks': any of them may have written anything there. What cannot be
    /// is taken as the death of the process, which follows, and nothing else that it says counts.
    mutating func distrust(
        _ id: WorkerID, _ reason: String, culprit: AttemptID? = nil,
        stop: ProgramWorker.Stop? = nil, into effects: inout [AgentEffect]
    ) {
        guard let place = place(of: id), workers[place].distrust == nil else { return }
        let isHeld = culprit.flatMap { runs[$0] }.map { $0.worker == place && $0.isWithWorker }
        workers[place].distrust = ProgramWorker.Distrust(
            reason: reason, stoppedBy: stop?.signal, culprit: isHeld ?? false ? culprit : nil)
        if !workers[place].isKilling { effects.append(.killWorker(id)) }
        workers[place].isKilling = true
    }

    // MARK: Workers that are stopped

    /// When the worker is killed that was stopped first.
    var stopDeadline: Timestamp? { workers.lazy.compactMap { $0.stop?.until }.min() }

    /// What stopped it may let it go on: whoever has an eye on it says so. A task that stops its
    /// own process holds a core meanwhile, so people hear of it at once.
    mutating func stopped(
        _ id: WorkerID, process: Int32, by signal: Int32, into effects: inout [AgentEffect]
    ) {
        guard let place = place(of: id), !workers[place].isKilling else { return }
        let until = now.advanced(by: configuration.stoppedMax)
        workers[place].stop = ProgramWorker.Stop(signal: signal, until: until)
        let held = runs.filter { $0.value.worker == place && $0.value.state == .running }
        let names = held.keys.sorted().prefix(3).compactMap { runs[$0] }.map { name(of: $0) }
        let node = configuration.nodeName.isEmpty ? "" : " on \(configuration.nodeName)"
        let seconds = configuration.stoppedMax / nanosecondsPerSecond
        effects.append(
            .remark(
                "worker process \(process)\(node) was stopped (\(Self.name(ofSignal: signal)))"
                    + (names.isEmpty ? "" : " with \(names.joined(separator: ", ")) on its cores")
                    + ": it is ended after \(seconds) s unless it goes on (`kill -CONT \(process)`)"
            ))
    }

    mutating func continued(_ id: WorkerID) {
        guard let place = place(of: id) else { return }
        workers[place].stop = nil
    }

    mutating func killStopped(into effects: inout [AgentEffect]) {
        for place in workers.indices {
            guard let stop = workers[place].stop, stop.until <= now, let id = workers[place].id
            else { continue }
            workers[place].stop = nil
            let seconds = configuration.stoppedMax / nanosecondsPerSecond
            distrust(
                id,
                "\(Self.name(ofSignal: stop.signal)) had stopped it, and it did not go on for "
                    + "\(seconds) s", stop: stop, into: &effects)
        }
    }

    // MARK: Deaths

    /// The culprit of a crash, found exactly, is charged; bystanders start again, uncharged. Where
    /// no culprit is known, everything that was on a core may have been it. Runs of other programs
    /// are in processes of their own, and not concerned.
    mutating func exited(
        _ id: WorkerID, _ death: WorkerDeath, into effects: inout [AgentEffect]
    ) {
        guard let place = place(of: id) else { return }
        let wasReady = workers[place].state == .ready(id)
        workers[place].state = .absent
        for extent in workers[place].lent { free(extent, into: &effects) }
        room.forget(id)
        workers[place].lent = []
        let held = runs.keys.filter {
            runs[$0].map { $0.worker == place && $0.isWithWorker } ?? false
        }.sorted()
        var death = death
        if let distrust = workers[place].distrust {
            // Its crash record is of no more worth than the rest.
            death.culprit = distrust.culprit
            death.frames = []
        }
        let isExact = death.culprit.map { held.contains($0) } ?? false
        let suspects = suspects(of: death, at: place, among: held, isExact: isExact)
        let distrust = workers[place].distrust
        workers[place].isKilling = false
        workers[place].distrust = nil
        workers[place].stop = nil
        for attempt in held {
            guard let run = runs[attempt] else { continue }
            if suspects.contains(attempt) && run.stopBy == nil {
                remove(attempt, into: &effects)
                free(attempt, into: &effects)
                let failure = failure(of: run, death, isExact: isExact, distrust)
                reports.append(.ended(attempt, .failed(failure), RunRecord()))
                giveBackWaiters(of: attempt.task, into: &effects)
            } else {
                giveBack(attempt, into: &effects)
            }
        }
        if !wasReady { workers[place].failedStarts += 1 }
        if workers[place].failedStarts >= configuration.failedStartsMax {
            failAll(at: place, death, into: &effects)
            workers[place].failedStarts = 0
        }
    }

    /// Who may have ended the worker: the culprit, else what was on a core; nobody when this
    /// machine did.
    ///
    /// A worker may die before it tells of any run. When that goes on, whatever it was given may be
    /// the cause, else the same runs would go back and forth for ever.
    private mutating func suspects(
        of death: WorkerDeath, at place: Int, among held: [AttemptID], isExact: Bool
    ) -> Set<AttemptID> {
        if isExact { return death.culprit.map { [$0] } ?? [] }
        if workers[place].isKilling, workers[place].distrust == nil { return [] }
        let onCores = held.filter {
            runs[$0]?.state == .running || death.onSlots.contains($0)
        }
        // What it reported is no proof of life where its memory was spoilt.
        guard onCores.isEmpty, !held.isEmpty,
            !workers[place].hasReported || workers[place].distrust != nil
        else { return Set(onCores) }
        workers[place].barrenDeaths += 1
        guard workers[place].barrenDeaths >= configuration.failedStartsMax else { return [] }
        return Set(held)
    }

    /// The program does not start here: its runs fail, those that wait for inputs as well.
    private mutating func failAll(
        at place: Int, _ death: WorkerDeath, into effects: inout [AgentEffect]
    ) {
        let text =
            "the worker process did not start: \(Self.cause(of: death)). "
            + death.lastOutput.joined(separator: "\n")
        for attempt in runs.keys.filter({ runs[$0]?.worker == place }).sorted() {
            let failure = TaskFailure(kind: .invalidGraph, message: text, task: attempt.task)
            reports.append(.ended(attempt, .failed(failure), RunRecord()))
            remove(attempt, into: &effects)
        }
        workers[place].ready = []
        for task in Array(waiters.keys) {
            waiters[task]?.removeAll { runs[$0] == nil }
            if waiters[task]?.isEmpty ?? false { waiters[task] = nil }
        }
    }

    private func failure(
        of run: Run, _ death: WorkerDeath, isExact: Bool, _ distrust: ProgramWorker.Distrust?
    ) -> TaskFailure {
        let name = name(of: run)
        let isTrap = isExact && distrust == nil && (death.signal == 4 || death.signal == 5)
        let isNextToZero = isExact && distrust == nil && death.isNextToZero
        let cause = Self.cause(of: death)
        let message: String
        if let distrust {
            message =
                "\(name) was on a core when its worker process had to be ended: "
                + "\(distrust.reason). \(distrust.explanation) does this."
        } else if isTrap {
            message = "\(name) was stopped by a runtime check of Swift (\(cause))."
        } else if isNextToZero {
            message = "\(name) used something that was not set in its process (\(cause))."
        } else if isExact {
            message = "\(name) ended its worker process: \(cause)."
        } else {
            message = "\(name) was on a core when its worker process ended: \(cause)."
        }
        var failure = TaskFailure(
            kind: isTrap ? .trapped : isNextToZero ? .nothingThere : .died, message: message,
            task: run.task.spec.id)
        failure.function = name
        failure.signal = distrust?.stoppedBy ?? death.signal
        failure.frames = death.frames
        failure.image = death.image
        failure.attempt = run.task.attempt
        failure.lastOutput = death.lastOutput
        return failure
    }

    static func cause(of death: WorkerDeath) -> String {
        guard death.signal != 0 else { return "it exited with status \(death.status)" }
        return name(ofSignal: death.signal)
    }

    private static func name(ofSignal signal: Int32) -> String {
        let names: [Int32: String] = [
            4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 15: "SIGTERM", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN",
            22: "SIGTTOU", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
        ]
        return "signal \(signal)" + (names[signal].map { ", \($0)" } ?? "")
    }
}
