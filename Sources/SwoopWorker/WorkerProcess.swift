// A worker process: what it inherits, its threads, and the control thread's loop over the agent's
// orders.

import Glibc
import SwoopElements
import SwoopExecution
package import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// A worker process, from start to end.
package enum WorkerProcess {
    /// Runs the worker in this process; does not return unless its agent tells it to end.
    package static func run(_ role: InheritedRole, program: WorkerProgram) throws {
        let slots =
            unsafe getenv(WorkerInheritance.slotCount).flatMap { unsafe Int(String(cString: $0)) }
            ?? 1
        let orders = try SharedMemory(mapping: role.takeDescriptor(WorkerInheritance.orders))
        let messages = try SharedMemory(mapping: role.takeDescriptor(WorkerInheritance.messages))
        let slotMemory = try SharedMemory(mapping: role.takeDescriptor(WorkerInheritance.slots))
        let crash = try SharedMemory(mapping: role.takeDescriptor(WorkerInheritance.crash))
        let arena = try ArenaView(owning: role.takeDescriptor(WorkerInheritance.arena).take())
        let spill =
            role.hasDescriptor(WorkerInheritance.spill)
            ? SpillView(owning: try role.takeDescriptor(WorkerInheritance.spill).take()) : nil
        let wakeup = Wakeup(inheriting: try role.takeDescriptor(WorkerInheritance.wakeup))
        try CrashArea(memory: crash).install()
        _ = RunningThread.rememberThrows()
        let producer = try RingProducer(
            memory: messages, capacity: WorkerInheritance.messageCapacity, waking: .wakeup(wakeup))
        var consumer = try RingConsumer(
            memory: orders, capacity: WorkerInheritance.orderCapacity, waking: .wakeup(wakeup))
        let printer = Printer()
        let core = WorkerCore(
            store: NodePages(arena: arena, spill: spill),
            slotTable: try SlotTable(memory: slotMemory, slots: slots),
            program: program, slots: slots, producer: producer
        ) { printer.core?.send(.printed([$0])) }
        printer.core = core
        _ = PrintedOutput.capture { stream, bytes in
            let slot = RunningThread.slot.map(Int.init) ?? slots
            core.outputs[min(slot, slots)].write(bytes, isError: stream == .error)
        }
        for slot in 0..<slots {
            try LoopThread(named: "slot-\(slot)", stackBytes: 8 << 20) {
                SlotThread(core: core, slot: slot).run()
            }.detach()
        }
        core.send(.ready(processID: ProcessIdentity.current().pid))
        do {
            try serve(&consumer, core)
        } catch {
            giveUp("its orders are damaged: \(error)")
        }
    }

    /// Ends the process: what it shares with its agent is of no more use.
    static func giveUp(_ reason: String) -> Never {
        let line = Array("swoop: \(reason)\n".utf8)
        _ = unsafe write(2, line, line.count)
        _exit(70)
    }

    private static func serve(_ consumer: inout RingConsumer, _ core: WorkerCore) throws {
        while true {
            // While runs are alive their reports may wait for company, but not for long.
            let patience: Int64 = 2_000_000
            let deadline =
                core.isAnythingAlive ? MonotonicClock.nanoseconds() + patience : nil
            if !consumer.wait(until: deadline) {
                core.tellOverdue()
                _ = core.handle(.deadlineReached)
                core.tellWaiting()
                continue
            }
            var received: [WorkerOrder] = []
            var damage: WireError?
            _ = try consumer.drain(limit: 64) { record in
                do throws(WireError) {
                    received.append(try WorkerOrder(bytes: record))
                } catch {
                    damage = error
                }
            }
            if let damage { throw damage }
            for order in received { if take(order, core) { return } }
            core.tellOverdue()
            core.tellWaiting()
            if consumer.isEnded { return }
        }
    }

    /// Takes one order; true when it was the last.
    private static func take(_ order: WorkerOrder, _ core: WorkerCore) -> Bool {
        switch order {
        case .declare(let first, let functions): core.declare(first: first, functions)
        case .run(let orders): _ = core.handle(.ordered(orders))
        case .cancel(let attempt): _ = core.handle(.cancellationAsked(attempt))
        case .giveBack(let attempt): _ = core.handle(.returnAsked(attempt))
        case .allocated(let token, let extent): core.granted(token, .extent(extent))
        case .refused(let token, let reason): core.granted(token, .refusal(reason))
        case .exit: return true
        }
        return false
    }
}

/// Breaks the circle between the core and its printers.
private final class Printer: @unchecked Sendable {
    // Unchecked: set once, before any thread that prints is started.
    var core: WorkerCore?
}
