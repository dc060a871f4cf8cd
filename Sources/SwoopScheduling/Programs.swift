// Which node has which program: a client's functions run only where its program is, and a node that
// lacks it is told to fetch it.

import SwoopModel

/// Whether a node has a program.
package enum ProgramState: UInt8, Hashable, Sendable {
    /// It was never asked to. Can become: preparing.
    case absent
    /// It was told to fetch it. Can become: ready, failed.
    case preparing
    /// Workers of it can be started there. Can become: failed.
    case ready
    /// It cannot run it. Can become: preparing, when another client comes with it; ready.
    case failed
}

extension Scheduler {
    /// The place of a program in `programs`; a new one is appended.
    mutating func programPlace(of program: ProgramID) -> Int {
        if let known = programPlaces[program] { return known }
        programPlaces[program] = programs.count
        programs.append(program)
        return programs.count - 1
    }

    /// The place of the program that holds the task's code; nil for what never runs.
    func programPlace(of index: TaskIndex) -> Int? {
        let function = Int(tasks.function(of: index).rawValue)
        return function < functionPrograms.count ? functionPrograms[function] : nil
    }

    /// Has the node fetch the program, unless it has it or is at it.
    mutating func prepare(
        _ program: Int, at place: Int, into effects: inout [SchedulerEffect]
    ) {
        switch nodes[place].state(of: program) {
        case .preparing, .ready: return
        case .absent, .failed: break
        }
        guard programs[program] != .none else {
            nodes[place].set(.failed, of: program)
            nodes[place].programFailures[program] = "its client named no program"
            return
        }
        nodes[place].set(.preparing, of: program)
        effects.append(.prepareProgram(nodes[place].id, programs[program]))
    }

    /// Every node is to have the program of a client that joined.
    mutating func prepareEverywhere(
        _ program: ProgramID, into effects: inout [SchedulerEffect]
    ) {
        let program = programPlace(of: program)
        for place in nodes.nodes.indices { prepare(program, at: place, into: &effects) }
    }

    /// A node that joined is to have the programs of all clients.
    mutating func prepareAll(at place: Int, into effects: inout [SchedulerEffect]) {
        for client in clients {
            prepare(programPlace(of: client.program), at: place, into: &effects)
        }
    }

    mutating func programReady(_ program: ProgramID, on node: NodeID) {
        hear(node)
        guard let place = nodes.place(of: node) else { return }
        nodes[place].set(.ready, of: programPlace(of: program))
    }

    /// The others go on without that node, if there are others.
    mutating func programFailed(
        _ program: ProgramID, on node: NodeID, _ reason: String,
        into effects: inout [SchedulerEffect]
    ) {
        hear(node)
        guard let place = nodes.place(of: node) else { return }
        let number = programPlace(of: program)
        nodes[place].set(.failed, of: number)
        nodes[place].programFailures[number] = reason
        guard nodes.nodes.contains(where: { $0.state(of: number) != .failed }) else { return }
        let text =
            "node \(nodes[place].description.name) cannot run the program: \(reason). "
            + "The other nodes go on without it."
        for client in clients where client.program == program {
            effects.append(.notify(client.id, .remark(text)))
        }
    }

    /// What is ready and can run nowhere, since every node failed to get its program, fails.
    mutating func failWithoutProgram(into effects: inout [SchedulerEffect]) {
        guard !nodes.nodes.isEmpty, !ready.isEmpty else { return }
        nodes.refresh()
        for share in shares.table.indices where !ready.isEmpty(of: share) {
            let program = shares[share].program
            guard !nodes.offer.mayTakeWork(of: program),
                nodes.nodes.allSatisfy({ $0.state(of: program) == .failed })
            else { continue }
            let reasons = nodes.nodes.map {
                "\($0.description.name): \($0.programFailures[program] ?? "unknown")"
            }
            let text = "no node can run its program: " + reasons.joined(separator: "; ")
            while let entry = ready.pop(of: share) {
                guard isStillReady(entry) else { continue }
                fail(entry.index, failure(.lost, of: entry.index, text), into: &effects)
            }
        }
    }
}
