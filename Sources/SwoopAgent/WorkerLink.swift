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
    /// Orders that the ring had no room for, oldest first.
    private var waiting: [[UInt8]] = []
    /// The last lines of all runs, and those that the process wrote to its descriptors itself.
    private var lastLines: [OutputLine] = []
    /// The beginnings of lines that it wrote to its descriptors.
    private var beginnings: [[UInt8]] = [[], []]
    private var malformed = 0
    private static let batchMax = 256

    /// The bundle that it runs from, kept as long as it does; nil: this process's program.
    private let program: PlacedProgram?

    init(
        id: WorkerID, program: PlacedProgram?, arena: Arena, spill: SpillFile?, wakeup: Wakeup,
        slots: Int
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

    /// Readable when the process has ended.
    var exitDescriptor: Int32 { process.exitDescriptor }

    var orderBytesMax: Int { orders.payloadMax }

    // MARK: Orders

    func send(_ order: WorkerOrder) {
        waiting.append(order.encoded())
        sendWaiting()
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
                waiting.append(bytes)
            } else {
                for run in batch {
                    let single = WorkerOrder.run([run]).encoded()
                    if single.count <= orders.payloadMax {
                        waiting.append(single)
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

    /// Writes what waits, as far as the ring has room.
    func sendWaiting() {
        guard !waiting.isEmpty else { return }
        var sent = 0
        for bytes in waiting {
            guard (try? orders.write(bytes.span)) == true else { break }
            sent += 1
        }
        waiting.removeFirst(sent)
        orders.publish()
        if !waiting.isEmpty, (try? orders.prepareToWaitForRoom()) == false { sendWaiting() }
    }

    // MARK: News

    func prepareToSleep() -> Bool { messages.prepareToSleep() }

    func awoke() { messages.awoke() }

    func receive() -> [WorkerMessage] {
        var received: [WorkerMessage] = []
        var bad = 0
        do throws(TransportError) {
            _ = try messages.drain { record in
                do throws(WireError) {
                    received.append(try WorkerMessage(bytes: record.array))
                } catch {
                    bad += 1
                }
            }
        } catch {
            remember([line("its ring is damaged: \(error)", isError: true)])
            process.kill(9)
        }
        malformed += bad
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
            guard let line = slotTable.read(slot: slot), let attempt = line.attempt else {
                let busy = slotTable.read(slot: slot)?.busyBefore ?? 0
                return SlotUsage(
                    function: nil, task: nil, elapsedNanoseconds: 0, busyNanoseconds: busy)
            }
            let elapsed = max(0, now - line.startedAt)
            return SlotUsage(
                function: line.function, task: attempt.task, elapsedNanoseconds: elapsed,
                busyNanoseconds: line.busyBefore + elapsed)
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
        if let report = crashArea.report() {
            death.signal = report.signal
            death.frames = report.programCounters
            death.isNextToZero = report.isNextToZero
            if let slot = report.slot { death.culprit = slotTable.read(slot: Int(slot))?.attempt }
        }
        death.lastOutput = death.culprit.map { lastLines(of: $0.task) } ?? []
        if death.lastOutput.isEmpty {
            death.lastOutput = lastLines.suffix(Self.quotedMax).map(\.text)
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
