// Messages between machines: frames of clients, agents and coordinators.

import SwoopModel
import SwoopWire

extension FuzzGroup {
    static let messages: [Entry] = [
        Entry("client message", seeds: clientMessages) { bytes in
            guard let message = try? ClientMessage(frames: frames(of: bytes)) else { return }
            let frames = message.encoded()
            expectSame(
                (try? ClientMessage(frames: frames))?.encoded(), frames, "a client's message")
        },
        Entry("client reply", seeds: clientReplies) { bytes in
            guard let message = try? ClientReply(frames: frames(of: bytes)) else { return }
            let frames = message.encoded()
            expectSame((try? ClientReply(frames: frames))?.encoded(), frames, "a reply")
        },
        Entry("agent message", seeds: agentMessages) { bytes in
            guard let message = try? AgentMessage(frames: frames(of: bytes)) else { return }
            let frames = message.encoded()
            expectSame((try? AgentMessage(frames: frames))?.encoded(), frames, "an agent's message")
        },
        Entry("agent order", seeds: agentOrders) { bytes in
            guard let message = try? AgentOrder(frames: frames(of: bytes)) else { return }
            let frames = message.encoded()
            expectSame((try? AgentOrder(frames: frames))?.encoded(), frames, "an order")
        },
        Entry("peer message", seeds: peerMessages) { bytes in
            let found = frames(of: bytes)
            if let first = found.first { _ = try? PeerMessage.part(firstFrame: first) }
            guard let message = try? PeerMessage(frames: found) else { return }
            let frames = message.encoded()
            expectSame((try? PeerMessage(frames: frames))?.encoded(), frames, "a question")
        },
        Entry("lane", seeds: lanes) { bytes in
            var lane = ReceivingLane()
            var came = 0
            for frames in messages(of: bytes) {
                came += byteCount(of: frames)
                let taken = try? lane.take(frames) { $0 < 1 << 27 }
                guard case .message(let whole) = taken else { continue }
                precondition(byteCount(of: whole) <= came, "more came out of a lane than went in")
            }
        },
    ]

    private static func byteCount(of frames: [[UInt8]]) -> Int {
        frames.reduce(0) { $0 + $1.count }
    }

    /// Cuts bytes into messages: a byte that says of how many frames, then those.
    private static func messages(of bytes: [UInt8]) -> [[[UInt8]]] {
        var rest = bytes[...]
        var messages: [[[UInt8]]] = []
        while let count = rest.popFirst() {
            let found = frames(of: Array(rest)).prefix(Int(count % 4))
            messages.append(Array(found))
            rest = rest.dropFirst(byteCount(of: Array(found)) + 2 * found.count)
        }
        return messages
    }

    /// A message of two frames in three pieces, with another in between, and how much was taken.
    @Sendable private static func lanes() -> [[UInt8]] {
        func piece(_ stream: UInt64, at position: Int, _ content: [UInt8]) -> [UInt8] {
            let head = LanePiece(stream: stream, position: position, byteCount: 8, tableBytes: 3)
            return [2] + bytes(of: [head.encoded(), content])
        }
        let first = piece(1, at: 0, [2, 3]) + piece(1, at: 2, [2, 7, 7, 7])
        return [
            first + piece(1, at: 6, [8, 8]),
            first + piece(2, at: 0, [2, 0, 5, 1, 2, 3, 4, 5]) + piece(1, at: 6, [8, 8]),
            [1] + bytes(of: ClientMessage.goodbye.encoded()),
        ]
    }

    /// Cuts bytes into frames: two bytes that say how many, then so many, as far as they go.
    static func frames(of bytes: [UInt8]) -> [[UInt8]] {
        var rest = bytes[...]
        var frames: [[UInt8]] = []
        while rest.count >= 2, frames.count < 64 {
            let count = min(
                Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8, rest.count - 2)
            rest = rest.dropFirst(2)
            frames.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return frames
    }

    static func bytes(of frames: [[UInt8]]) -> [UInt8] {
        frames.flatMap { [UInt8($0.count & 255), UInt8($0.count >> 8)] + $0 }
    }

    private static let task = TaskID(high: 7, low: 9)
    private static let pages = StoredPages([
        OutputPart(byteCount: 64, elementCount: 3, checksum: 5),
        OutputPart(byteCount: 40, elementCount: 1, checksum: 6),
    ])

    static let spec = TaskSpec(
        id: task, function: FunctionIndex(1),
        arguments: [
            .bytes([1, 2, 3]), .output(TaskID(high: 7, low: 8)),
            .sequence([.bytes([]), .sequence([.bytes([4])])]),
        ],
        pages: [TaskID(high: 7, low: 3)], part: 2, lower: -1, upper: 1 << 40, output: .page,
        features: [1.5, .nan])

    static let function = FunctionSpec(
        identity: "module.f", name: "f", fingerprint: 3, code: .remote(identity: "f"),
        isOptimised: true, isAsync: false, program: ProgramID("program"))

    private static let manifest = ProgramManifest(
        id: ProgramID("id"), name: "name", architecture: "x86_64",
        files: [ProgramFile(name: "program", digest: "aa", byteCount: 12)])

    private static let failure: TaskFailure = {
        var failure = TaskFailure(kind: .thrown, message: "it threw", task: task)
        failure.frames = [1, 1 << 40]
        failure.lastOutput = ["one", "two"]
        return failure
    }()

    static let reports: [RunReport] = {
        let attempt = AttemptID(task: task, number: 2)
        let record = RunRecord(features: [1, .nan], elements: 5, wallNanoseconds: 1 << 30)
        return [
            .started(attempt), .suspended(attempt), .resumed(attempt), .returned(attempt),
            .ended(attempt, .finished(.inline([1, 2])), record),
            .ended(attempt, .finished(.page(pages)), record),
            .ended(attempt, .failed(failure), record), .ended(attempt, .cancelled, record),
            .childrenEnded(attempt, function: "g", records: [record, record]),
        ]
    }()

    private static let keptType = KeptType(
        name: "Sale", layout: "record Sale(x: f64)", isArray: true)

    static let line = OutputLine(
        task: task, function: "f", node: "n", text: "hello", isError: true, dropped: 3)

    @Sendable private static func clientMessages() -> [[UInt8]] {
        [
            .hello(version: wireVersion, client: ClientID(4), program: ProgramID("p"), name: "n"),
            .offerProgram(manifest, paths: ["/bin/true"]),
            .submit(GraphPart(functions: [function], tasks: [spec]), data: []),
            .submit(
                GraphPart(kept: [KeptUse(kept: KeptID(3), tasks: [task], output: .page)]),
                data: []),
            .keep(KeepWish(number: 1, name: "sales", type: keptType, tasks: [task])),
            .freeKept(number: 2, ["sales"]), .wantKept, .goodbye,
        ].map { (message: ClientMessage) in bytes(of: message.encoded()) }
    }

    @Sendable private static func clientReplies() -> [[UInt8]] {
        let node = NodeDescription(name: "n", slots: 2, pageBudget: 1 << 30, processID: 12)
        return [
            .welcome(version: wireVersion, nodes: [node]), .refused("no"),
            .notices([.printed(line)]), .programWanted(ProgramID("p")),
            .kept([
                KeptState(
                    id: KeptID(3), name: "sales", type: keptType,
                    sizes: [KeptSize(byteCount: 64, elementCount: 3)],
                    places: [KeptPlace(node: "n", pages: 1, byteCount: 64)])
            ]),
            .keepSettled(number: 1, refusal: "taken"),
        ].map { (message: ClientReply) in bytes(of: message.encoded()) }
    }

    @Sendable private static func agentMessages() -> [[UInt8]] {
        let node = NodeDescription(name: "n", slots: 2, pageBudget: 1 << 30, processID: 12)
        let service = PageService(endpoints: ["tcp://127.0.0.1:1"], publicKey: "key")
        let slot = SlotUsage(
            function: "f", task: task, elapsedNanoseconds: 5, busyNanoseconds: 6)
        return [
            .register(version: wireVersion, node, program: ProgramID("p"), pages: service),
            .reports(reports), .page(task, bytes: [1, 2, 3]), .pageMissing(task),
            .printed([line]), .remark("a remark"),
            .sample(
                slots: [slot], cpuNanoseconds: 1, residentBytes: 2, fetchedBytes: 3, givenBytes: 4),
        ].map { (message: AgentMessage) in bytes(of: message.encoded()) }
    }

    @Sendable private static func agentOrders() -> [[UInt8]] {
        let assigned = AssignedTask(
            spec: spec, attempt: 2,
            inputs: [
                AssignedInput(task: task, source: .stored(pages, nodes: [NodeID(1), NodeID(2)])),
                AssignedInput(task: task, source: .inline([1])),
                AssignedInput(task: task, source: .pending),
            ], rank: -5, isIsolated: true)
        return [
            .accepted(NodeID(3)),
            .lease(
                Lease(
                    id: LeaseID(1), firstFunction: 0, functions: [function], tasks: [assigned])),
            .revoke([AttemptID(task: task, number: 1)]), .dropPages([task]), .prepare(manifest),
            .peers([
                PeerAddress(
                    node: NodeID(1), pages: PageService(endpoints: ["tcp://h:1"], publicKey: "k"))
            ]), .shutDown,
        ].map { (order: AgentOrder) in bytes(of: order.encoded()) }
    }

    @Sendable private static func peerMessages() -> [[UInt8]] {
        [
            bytes(of: PeerMessage.pageAbsent(task).encoded()),
            bytes(of: [
                PeerMessage.partHeader(task, offset: 64, byteCount: 128, elementCount: 3), [1, 2],
            ]),
        ]
    }
}
