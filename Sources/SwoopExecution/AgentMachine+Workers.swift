// Worker processes of the agent: when one is started, and whom its death is charged to.

import SwoopModel

extension AgentMachine {
    mutating func startWorker(into effects: inout [AgentEffect]) {
        workersStarted += 1
        let id = WorkerID(workersStarted)
        worker = .starting(id)
        hasReported = false
        effects.append(.startWorker(id))
    }

    mutating func ready(_ id: WorkerID, into effects: inout [AgentEffect]) {
        guard worker == .starting(id) else { return }
        worker = .ready(id)
        failedStarts = 0
        if !functions.isEmpty { effects.append(.declare(id, first: 0, functions)) }
    }

    /// The culprit of a crash, found exactly, is charged; bystanders start again, uncharged. Where
    /// no culprit is known, everything that was on a core may have been it.
    mutating func exited(
        _ id: WorkerID, _ death: WorkerDeath, into effects: inout [AgentEffect]
    ) {
        guard worker == .ready(id) || worker == .starting(id) else { return }
        let wasReady = worker == .ready(id)
        worker = .absent
        for extent in lent { effects.append(.free(extent)) }
        lent = []
        let held = runs.keys.filter {
            switch runs[$0]?.state {
            case .dispatched, .running, .suspended: true
            default: false
            }
        }.sorted()
        let isExact = death.culprit.map { runs[$0] != nil } ?? false
        let suspects = suspects(of: death, among: held, isExact: isExact)
        isKilling = false
        for attempt in held {
            guard let run = runs[attempt] else { continue }
            if suspects.contains(attempt) && run.stopBy == nil {
                remove(attempt, into: &effects)
                free(attempt, into: &effects)
                let failure = failure(of: run, death, isExact: isExact)
                reports.append(.ended(attempt, .failed(failure), RunRecord()))
                giveBackWaiters(of: attempt.task, into: &effects)
            } else {
                giveBack(attempt, into: &effects)
            }
        }
        if !wasReady { failedStarts += 1 }
        if failedStarts >= configuration.failedStartsMax {
            failAll(death, into: &effects)
            failedStarts = 0
        }
    }

    /// Who may have ended the worker: the culprit, else what was on a core; nobody when this
    /// machine did.
    ///
    /// A worker may die before it tells of any run. When that goes on, whatever it was given may be
    /// the cause, else the same runs would go back and forth for ever.
    private mutating func suspects(
        of death: WorkerDeath, among held: [AttemptID], isExact: Bool
    ) -> Set<AttemptID> {
        if isExact { return death.culprit.map { [$0] } ?? [] }
        if isKilling { return [] }
        let onCores = held.filter {
            runs[$0]?.state == .running || death.onSlots.contains($0)
        }
        guard onCores.isEmpty, !held.isEmpty, !hasReported else { return Set(onCores) }
        barrenDeaths += 1
        guard barrenDeaths >= configuration.failedStartsMax else { return [] }
        return Set(held)
    }

    private mutating func failAll(_ death: WorkerDeath, into effects: inout [AgentEffect]) {
        let text =
            "the worker process did not start: \(Self.cause(of: death)). "
            + death.lastOutput.joined(separator: "\n")
        for attempt in runs.keys.sorted() {
            let failure = TaskFailure(kind: .invalidGraph, message: text, task: attempt.task)
            reports.append(.ended(attempt, .failed(failure), RunRecord()))
            remove(attempt, into: &effects)
        }
        ready = []
        waiters = [:]
    }

    private func failure(of run: Run, _ death: WorkerDeath, isExact: Bool) -> TaskFailure {
        let place = Int(run.task.spec.function.rawValue)
        let name = place < functions.count ? functions[place].name : "a task"
        let isTrap = isExact && (death.signal == 4 || death.signal == 5)
        let cause = Self.cause(of: death)
        let message: String
        if isTrap {
            message = "\(name) was stopped by a runtime check of Swift (\(cause))."
        } else if isExact {
            message = "\(name) ended its worker process: \(cause)."
        } else {
            message = "\(name) was on a core when its worker process ended: \(cause)."
        }
        var failure = TaskFailure(
            kind: isTrap ? .trapped : .died, message: message, task: run.task.spec.id)
        failure.function = name
        failure.signal = death.signal
        failure.frames = death.frames
        failure.image = death.image
        failure.attempt = run.task.attempt
        failure.lastOutput = death.lastOutput
        return failure
    }

    static func cause(of death: WorkerDeath) -> String {
        guard death.signal != 0 else { return "it exited with status \(death.status)" }
        let names: [Int32: String] = [
            4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 15: "SIGTERM",
        ]
        return "signal \(death.signal)" + (names[death.signal].map { ", \($0)" } ?? "")
    }
}
