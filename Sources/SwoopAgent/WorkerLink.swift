// An agent's end of one worker process: its rings, its slots' lines, its crash record, its output.

import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// One worker process as its agent holds it. Belongs to the agent's thread.
final class WorkerLink {
    /// 0 until the machine asked for a worker.
    var id: WorkerID
    var isReady = false
    /// What the agent's poll watches of it; the end of the process among them.
    var sources: [PollLoop.Source] = []
    var exitSource: PollLoop.Source?
    private let process: ChildProcess
    private var orders: RingProducer
    private var messages: RingConsumer
    private let slotTable: SlotTable
    private let crashArea: CrashArea
    private let slots: Int
    /// Orders that the ring had no room for.
    private var waiting = Outbox<OnlyPeer, [UInt8]>(bound: OutboxBound(bytes: waitingBytesMax))
    /// A worker that lets so much wait takes nothing any more.
    private static let waitingBytesMax = 1 << 30
    /// The last lines of all runs, and those that the process wrote to its descriptors itself.
    private var lastLines: [OutputLine] = []
    /// Whose tasks it had when it was asked last.
    var lastClients: [ClientID] = []
    /// The beginnings of lines that it wrote to its descriptors.
    private var beginnings: [[UInt8]] = [[], []]
    /// Why what it shares with this process is of no more use; nil: nothing is wrong with it.
    private(set) var damage: String?
    /// Whether the machine was told of the damage.
    var isCondemned = false
    /// What it runs; nil: /proc does not say.
    private let image: ProcessImage?
    private let startedAt = MonotonicClock.nanoseconds()
    private static let batchMax = 256

    /// The bundle that it runs from, kept as long as it does; nil: this process's program.
    private let program: PlacedProgram?

    init(
        id: WorkerID, program: PlacedProgram?, arena: Arena, spill: SpillFile?, wakeup: Wakeup,
        slots: Int, libraries: NodeLibraries
    ) throws {
        self.id = id
        self.program = program
        self.slots = slots
        let orderMemory = try SharedMemory(
            creating: "swoop-orders",
            bytes: RingSize.memoryBytes(capacity: WorkerInheritance.orderCapacity),
            isTaken: false)
        let messageMemory = try SharedMemory(
            creating: "swoop-messages",
            bytes: RingSize.memoryBytes(capacity: WorkerInheritance.messageCapacity))
        let slotMemory = try SharedMemory(
            creating: "swoop-slots", bytes: SlotTable.memoryBytes(slots: slots))
        let crashMemory = try SharedMemory(creating: "swoop-crash", bytes: CrashArea.memoryBytes)
        orders = try RingProducer(
            memory: orderMemory, capacity: WorkerInheritance.orderCapacity, waking: .futex)
        messages = try RingConsumer(
            memory: messageMemory, capacity: WorkerInheritance.messageCapacity, waking: .futex)
        slotTable = try SlotTable(memory: slotMemory, slots: slots)
        crashArea = try CrashArea(memory: crashMemory)
        var request =
            program.map { LaunchRequest(role: WorkerInheritance.role, bundle: $0.folder) }
            ?? LaunchRequest(role: WorkerInheritance.role)
        request.output = .piped
        request.environment[WorkerInheritance.slotCount] = String(slots)
        if !libraries.listPath.isEmpty {
            request.environment[NodeLibraries.variable] = libraries.listPath
        }
        request.descriptors = [
            WorkerInheritance.orders: orderMemory.descriptor,
            WorkerInheritance.messages: messageMemory.descriptor,
            WorkerInheritance.slots: slotMemory.descriptor,
            WorkerInheritance.crash: crashMemory.descriptor,
            WorkerInheritance.arena: arena.descriptor,
            WorkerInheritance.wakeup: wakeup.descriptor,
        ]
        request.descriptors[WorkerInheritance.spill] = spill?.descriptor
        process = try ChildProcess(starting: request)
        // A process that was started has become its program.
        image = ProcessImage(of: process.pid)
        do {
            // While the process loads: it is the largest part of what is shared.
            try orderMemory.take()
        } catch {
            process.endNow()
            throw error
        }
    }

    /// Its output, for the agent's poll.
    var outputDescriptors: [Int32] {
        [process.standardOutput?.descriptor, process.standardError?.descriptor].compactMap { $0 }
    }

    var pid: Int32 { process.pid }

    /// Notices that a task has put another program in the worker's place, which takes no orders and
    /// would be waited for without end.
    func checkImage() {
        guard damage == nil, let image, let now = ProcessImage(of: pid), now != image else {
            return
        }
        damage = "another program took its place (execve)"
    }

    /// The signal that has stopped the process; nil: it goes on.
    func stopSignal() -> Int32? { process.stopSignal() }

    /// What the machine was told of that last.
    var toldStop: Int32?

    /// Readable when the process has ended.
    var exitDescriptor: Int32 { process.exitDescriptor }

    var orderBytesMax: Int { orders.payloadMax }

    // MARK: Orders

    func send(_ order: WorkerOrder) {
        post(order.encoded())
        sendWaiting()
    }

    /// Tells of functions, in as many orders as the ring takes them by.
    func declare(first: UInt32, _ functions: [FunctionSpec]) {
        let order = WorkerOrder.declare(first: first, functions)
        let half = functions.count / 2
        guard half > 0, order.encoded().count > orders.payloadMax else { return send(order) }
        declare(first: first, Array(functions[..<half]))
        declare(first: first + UInt32(half), Array(functions[half...]))
    }

    /// Sends runs in batches; answers with those that are too large for the ring.
    func send(_ runs: [RunOrder]) -> [RunOrder] {
        var refused: [RunOrder] = []
        var start = 0
        while start < runs.count {
            let end = min(runs.count, start + Self.batchMax)
            let batch = Array(runs[start..<end])
            let bytes = WorkerOrder.run(batch).encoded()
            if bytes.count <= orders.payloadMax {
                post(bytes)
            } else {
                for run in batch {
                    let single = WorkerOrder.run([run]).encoded()
                    if single.count <= orders.payloadMax {
                        post(single)
                    } else {
                        refused.append(run)
                    }
                }
            }
            start = end
        }
        sendWaiting()
        return refused
    }

    private func post(_ bytes: [UInt8]) {
        guard !waiting.add(bytes, byteCount: bytes.count) else { return }
        damage = damage ?? "it has not taken \(waiting.byteCount) bytes of orders"
    }

    /// Writes what waits, as far as the ring has room.
    func sendWaiting() {
        guard damage == nil else { return }
        do throws(TransportError) {
            while true {
                try waiting.send { _, bytes throws(TransportError) in
                    try orders.write(bytes.span) ? .taken : .full
                }
                orders.publish()
                guard !waiting.isEmpty, try !orders.prepareToWaitForRoom() else { return }
            }
        } catch {
            damage = "the ring of its orders is damaged (\(error))"
        }
    }

    /// Wakes whoever sleeps in it at the wrong time: the flags of sleepers are in memory that its
    /// tasks may have spoilt, and a spoilt one would keep it asleep for ever.
    func remind() {
        guard damage == nil else { return }
        messages.remind()
        do throws(TransportError) {
            try orders.remind()
        } catch {
            damage = "the ring of its orders is damaged (\(error))"
        }
    }

    // MARK: News

    func prepareToSleep() -> Bool { damage != nil || messages.prepareToSleep() }

    func awoke() { messages.awoke() }

    /// What it said since, up to the first thing that makes no sense: what follows that is not
    /// believed, and something of what it said is lost.
    func receive() -> [WorkerMessage] {
        guard damage == nil else { return [] }
        var received: [WorkerMessage] = []
        var malformed: WireError?
        do throws(TransportError) {
            _ = try messages.drain { record in
                guard malformed == nil else { return }
                do throws(WireError) {
                    received.append(try WorkerMessage(bytes: record))
                } catch {
                    malformed = error
                }
            }
            // No worker ends its ring: it says so by its own end.
            if messages.isEnded { damage = "the ring of its news is damaged (it was ended)" }
        } catch {
            damage = "the ring of its news is damaged (\(error))"
        }
        if let malformed { damage = "what it said makes no sense (\(malformed))" }
        return received
    }

    // MARK: The process

    func kill() { process.killGroup(9) }

    /// Ends the process and all that its tasks started, and says how it ended.
    @discardableResult
    func endNow() -> ExitStatus {
        _ = cpuNanoseconds
        process.endNow()
        return process.waitUntilEnded()
    }

    var cpuNanoseconds: Int64 {
        if process.status == nil, let now = ProcessCPU.nanoseconds(of: process.pid) {
            lastCPU = max(lastCPU, now)
        }
        return lastCPU
    }
    private var lastCPU: Int64 = 0

    func sample(slots: Int, now: Int64) -> [SlotUsage] {
        (0..<slots).map { slot in
            let line = slotTable.read(slot: slot)
            return SlotUsage(
                function: line?.function, task: line?.attempt?.task,
                startedAt: line?.startedAt ?? now, busyBefore: line?.busyBefore ?? 0, now: now,
                workerStartedAt: startedAt)
        }
    }

    /// The reports with what their words may be believed of, and with the last lines that a failed
    /// run printed.
    func believed(_ reports: [RunReport]) -> [RunReport] {
        let age = MonotonicClock.nanoseconds() - startedAt
        return reports.map { report in
            let report = report.bounded(age: age, slots: slots)
            guard case .ended(let attempt, .failed(var failure), let record) = report,
                failure.lastOutput.isEmpty
            else { return report }
            failure.lastOutput = lastLines(of: attempt.task)
            return .ended(attempt, .failed(failure), record)
        }
    }

    /// What is known of its end.
    func death(_ status: ExitStatus) -> WorkerDeath {
        var death = WorkerDeath(signal: 0, status: 0)
        switch status {
        case .exited(let code): death.status = code
        case .signalled(let signal): death.signal = signal
        }
        death.onSlots = (0..<slots).compactMap { slotTable.read(slot: $0)?.attempt }
        // Written over by a task it is no record: the system says by which signal a process died.
        if let report = crashArea.report(), death.signal == 0 || death.signal == report.signal {
            death.signal = report.signal
            death.frames = report.programCounters
            death.isNextToZero = report.isNextToZero
            if let slot = report.slot { death.culprit = slotTable.read(slot: Int(slot))?.attempt }
        }
        death.lastOutput = death.culprit.map { lastLines(of: $0.task) } ?? []
        if death.lastOutput.isEmpty {
            // Other tasks' lines would be told to who has nothing to do with them.
            let nobodys = lastLines.filter(\.function.isEmpty)
            death.lastOutput = nobodys.suffix(Self.quotedMax).map(\.text)
        }
        return death
    }

    // MARK: Its output

    /// Keeps lines for what may be told of a failure later.
    func remember(_ lines: [OutputLine]) {
        lastLines.append(contentsOf: lines)
        if lastLines.count > 2 * Self.linesMax {
            lastLines.removeFirst(lastLines.count - Self.linesMax)
        }
    }

    /// The last lines that a task printed.
    func lastLines(of task: TaskID) -> [String] {
        lastLines.filter { $0.task == task }.suffix(Self.quotedMax).map(\.text)
    }

    private static let linesMax = 200
    private static let quotedMax = 10

    private func line(_ text: String, isError: Bool) -> OutputLine {
        OutputLine(
            task: TaskID(high: 0, low: 0), function: "", node: "", text: text, isError: isError,
            dropped: 0)
    }

    /// Lines that the process wrote to its descriptors itself; at its end also what has no line's
    /// end.
    func readOutput() -> [OutputLine] {
        var lines: [OutputLine] = []
        for (place, pipe) in [process.standardOutput, process.standardError].enumerated() {
            guard let pipe else { continue }
            beginnings[place] += pipe.read()
            let isOver = pipe.isEnded || process.status != nil
            var start = 0
            while let end = beginnings[place][start...].firstIndex(of: 10) {
                lines.append(direct(beginnings[place][start..<end], place))
                start = end + 1
            }
            beginnings[place].removeFirst(start)
            guard !beginnings[place].isEmpty, isOver || beginnings[place].count > Self.lineBytesMax
            else { continue }
            lines.append(direct(beginnings[place][...], place))
            beginnings[place] = []
        }
        remember(lines)
        return lines
    }

    private func direct(_ bytes: ArraySlice<UInt8>, _ place: Int) -> OutputLine {
        line(String(decoding: bytes, as: UTF8.self), isError: place == 1)
    }

    private static let lineBytesMax = 4_096
}
