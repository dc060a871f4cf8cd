// Worker processes of the virtual cluster: the real worker machine in each. +Runs has what is on
// their slots.

import SwoopExecution
package import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    /// Ends the node's worker processes, as the kernel does when memory is short: nobody knows the
    /// culprit.
    package mutating func killWorkers(of id: NodeID) {
        for worker in (node(id)?.workers.keys.sorted() ?? []) {
            queue.add(.workerDown(id, worker, culprit: nil, signal: 9), at: now)
        }
    }

    mutating func workerUp(_ worker: WorkerID, _ program: ProgramID, at id: NodeID) {
        guard let place = place(id),
            nodes[place].agent.workers.contains(where: { $0.state == .starting(worker) })
        else { return }
        if !nodes[place].programs.contains(program) {
            trace.append(.broken("node \(id.rawValue) starts a program that it does not have"))
        }
        let machine = WorkerMachine(slots: Int(nodes[place].description.slots))
        nodes[place].workers[worker] = VirtualWorker(program: program, machine: machine)
        tell(id, .workerReady(worker))
    }

    mutating func workerDown(
        _ worker: WorkerID, at id: NodeID, culprit: AttemptID?, signal: Int32
    ) {
        guard let place = place(id), let ended = nodes[place].workers.removeValue(forKey: worker)
        else { return }
        // The slot table names the agent's runs, not their children.
        let onSlots = ended.machine.slots.compactMap { $0.map(ended.root) }
        let death = WorkerDeath(
            signal: signal, status: 0, culprit: culprit.map(ended.root), onSlots: onSlots)
        tell(id, .workerExited(worker, death))
    }

    mutating func take(_ order: WorkerOrder, at id: NodeID, _ worker: WorkerID) {
        guard let place = place(id), nodes[place].workers[worker] != nil else { return }
        switch order {
        case .declare(_, let functions):
            nodes[place].workers[worker]?.declared += functions.count
        case .run(let orders): tell(id, worker, .ordered(orders))
        case .cancel(let attempt): tell(id, worker, .cancellationAsked(attempt))
        case .giveBack(let attempt): tell(id, worker, .returnAsked(attempt))
        case .allocated(let token, let extent): takeRoom(extent, token, of: worker, at: id)
        case .refused(let token, let reason): missRoom(reason, token, of: worker, at: id)
        case .exit: break
        }
    }

    mutating func take(_ message: WorkerMessage, at id: NodeID, _ worker: WorkerID) {
        guard let place = place(id) else { return }
        switch message {
        case .reports(let reports): tell(id, .workerReported(worker, reports))
        case .stored(let attempt, let extent):
            if nodes[place].arena[extent.offset] != nil {
                tell(id, .outputStored(worker, attempt, extent))
            }
        case .allocate(let token, let byteCount):
            tell(id, .roomWanted(.output(worker, token: token), byteCount: byteCount))
        case .abandoned(let extent): tell(id, .extentAbandoned(worker, extent))
        case .ready, .damaged, .printed: break
        }
    }

    mutating func tell(_ id: NodeID, _ worker: WorkerID, _ event: WorkerEvent) {
        guard let place = place(id), nodes[place].workers[worker] != nil else { return }
        var effects: [WorkerEffect] = []
        nodes[place].workers[worker]?.machine.handle(
            event, at: Timestamp(nanoseconds: now), into: &effects)
        planDeadline(nodes[place].workers[worker]?.machine.nextDeadline)
        for effect in effects {
            switch effect {
            case .start(let slot, let order): start(order, on: slot, of: worker, at: id)
            case .raiseCancellation(let attempt):
                nodes[place].workers[worker]?.cancelled.insert(attempt)
            case .report(let reports): send(.reports(reports), from: id, worker)
            case .startChild(let slot, let child):
                guard let made = nodes[place].workers[worker]?.made.removeValue(forKey: child)
                else {
                    trace.append(.broken("\(child) is begun, and nobody made it"))
                    continue
                }
                childrenRun += 1
                begin(made, as: child, on: slot, of: worker, at: id)
            case .resume(let slot, let attempt): resume(attempt, on: slot, of: worker, at: id)
            }
        }
    }
}
