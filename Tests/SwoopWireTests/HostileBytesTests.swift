// Bytes that no peer of ours sends: cut, changed, invented. Decoding throws or gives a value; it
// never traps.

import SwoopModel
import SwoopWire
import Testing

@Suite struct HostileBytesTests {
    /// Decodes with everything that takes frames; whatever comes out must be able to travel again.
    private func decodeAll(_ frames: [[UInt8]]) {
        if let message = try? ClientMessage(frames: frames) { _ = message.encoded() }
        if let message = try? ClientReply(frames: frames) { _ = message.encoded() }
        if let message = try? AgentMessage(frames: frames) { _ = message.encoded() }
        if let message = try? AgentOrder(frames: frames) { _ = message.encoded() }
        if let message = try? PeerMessage(frames: frames) { _ = message.encoded() }
        if let first = frames.first { _ = try? PeerMessage.part(firstFrame: first) }
    }

    private func decodeRing(_ bytes: [UInt8]) {
        if let message = try? WorkerMessage(bytes: bytes) { _ = message.encoded() }
        if let message = try? WorkerOrder(bytes: bytes) { _ = message.encoded() }
    }

    private func machineMessages(_ dice: inout Dice) -> [[[UInt8]]] {
        dice.clientMessages().map { $0.encoded() } + dice.clientReplies().map { $0.encoded() }
            + dice.agentMessages().map { $0.encoded() } + dice.agentOrders().map { $0.encoded() }
            + dice.peerMessages().map { $0.encoded() }
    }

    private func ringMessages(_ dice: inout Dice) -> [[UInt8]] {
        dice.workerMessages().map { $0.encoded() } + dice.workerOrders().map { $0.encoded() }
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `messages cut at any length do not trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for frames in machineMessages(&dice) {
            for cut in frames.indices {
                for length in 0..<frames[cut].count {
                    var broken = frames
                    broken[cut] = Array(broken[cut].prefix(length))
                    decodeAll(broken)
                }
                decodeAll(Array(frames.prefix(cut)))
            }
            decodeAll(frames + [[1]])
        }
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func `messages of the ring cut at any length throw`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for bytes in ringMessages(&dice) {
            for length in 0..<bytes.count {
                let cut = Array(bytes.prefix(length))
                #expect(throws: WireError.self) { try WorkerMessage(bytes: cut) }
                #expect(throws: WireError.self) { try WorkerOrder(bytes: cut) }
            }
            decodeRing(bytes + [0])
        }
    }

    @Test(arguments: [31, 32, 33, 34] as [UInt64])
    func `messages with changed bits give an error or a value`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for frames in machineMessages(&dice) {
            for _ in 0..<200 {
                var broken = frames
                for _ in 0...dice.below(3) {
                    let frame = dice.below(broken.count)
                    guard !broken[frame].isEmpty else { continue }
                    let place = dice.below(broken[frame].count)
                    broken[frame][place] ^= 1 << UInt8(dice.below(8))
                }
                decodeAll(broken)
            }
        }
    }

    @Test(arguments: [41, 42, 43, 44] as [UInt64])
    func `messages of the ring with changed bits give an error or a value`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for bytes in ringMessages(&dice) {
            for _ in 0..<500 {
                var broken = bytes
                for _ in 0...dice.below(3) {
                    broken[dice.below(broken.count)] ^= 1 << UInt8(dice.below(8))
                }
                decodeRing(broken)
            }
        }
    }

    @Test func `random bytes behind a good preamble do not trap`() {
        var dice = Dice(seed: 51)
        let kinds = machineMessages(&dice).map { Array($0[0].prefix(8)) }
        for _ in 0..<300 {
            for kind in kinds {
                let others = dice.list(upTo: 3) { $0.bytes(upTo: 40) }
                decodeAll([kind + dice.bytes(upTo: 60)] + others)
            }
            let ringKind = [1, 2, 3, 4, 5, 0x81, 0x82, 0x83, 0x84, 0x85] as [UInt8]
            for kind in ringKind { decodeRing([1, kind] + dice.bytes(upTo: 60)) }
        }
    }

    @Test(arguments: [-1, .min, .max, SizeBound.bytesMax + 1] as [Int64])
    func `sizes that nothing has are malformed, wherever a message says them`(size: Int64) {
        let task = TaskID(high: 1, low: 2)
        func refuses(_ what: String, _ decode: () throws -> Void) {
            #expect(throws: WireError.self, "\(what) of \(size)") { try decode() }
        }
        for notice in [
            ClientNotice.finished(task, value: nil, byteCount: size, elementCount: 1),
            .finished(task, value: nil, byteCount: 1, elementCount: size),
            .roomLent(task, offset: 0, byteCount: size),
        ] {
            let frames = ClientReply.notices([notice]).encoded()
            refuses("\(notice)") { _ = try ClientReply(frames: frames) }
        }
        let data = GraphPart(data: [DataSpec(id: task, output: .page, byteCount: size)])
        let submission = ClientMessage.submit(data, data: [[]]).encoded()
        refuses("data") { _ = try ClientMessage(frames: submission) }
        let room = ClientMessage.roomWanted(task, byteCount: size).encoded()
        refuses("a wish for room") { _ = try ClientMessage(frames: room) }
        let lent = AgentMessage.roomLent(task, offset: size, byteCount: 1).encoded()
        refuses("a place") { _ = try AgentMessage(frames: lent) }
        for part in [
            OutputPart(byteCount: size, elementCount: 1),
            OutputPart(byteCount: 1, elementCount: size),
        ] {
            let report = RunReport.ended(
                AttemptID(task: task, number: 1), .finished(.page(StoredPages([part]))),
                RunRecord())
            let reports = AgentMessage.reports([report]).encoded()
            refuses("a report") { _ = try AgentMessage(frames: reports) }
            let ring = WorkerMessage.reports([report]).encoded()
            refuses("a report on the ring") { _ = try WorkerMessage(bytes: ring) }
        }
    }

    @Test func `another version is an error that says both`() {
        var frames = ClientMessage.goodbye.encoded()
        frames[0][4] = 9
        #expect(throws: WireError.version(theirs: 9, ours: wireVersion)) {
            try ClientMessage(frames: frames)
        }
        var bytes = WorkerOrder.exit.encoded()
        bytes[0] = 200
        #expect(throws: WireError.version(theirs: 200, ours: 2)) {
            try WorkerOrder(bytes: bytes)
        }
    }

    @Test func `a reply of another version is a refusal that says what to do`() {
        var frames = ClientReply.notices([]).encoded()
        frames[0][4] = 4
        guard case .refused(let text)? = ClientReply.reading(frames) else {
            Issue.record("it was no refusal")
            return
        }
        #expect(text.contains("another version of Swoop (wire version 4)"))
        #expect(text.contains("(\(wireVersion)): build both with the same"))
        #expect(ClientReply.reading([[1, 2, 3]]) == nil)
    }

    @Test func `a message of another direction or protocol is a stranger`() {
        let theirs = AgentOrder.shutDown.encoded()
        #expect(throws: WireError.stranger) { try ClientMessage(frames: theirs) }
        #expect(throws: WireError.stranger) {
            try ClientMessage(frames: [Array("GET / HTTP/1.1".utf8)])
        }
        #expect(throws: WireError.stranger) { try PeerMessage(frames: theirs) }
        #expect(throws: WireError.stranger) {
            try AgentOrder(frames: PeerMessage.pageAbsent(Samples.first).encoded())
        }
        #expect(throws: WireError.truncated(.preamble, offset: 0)) {
            try ClientMessage(frames: [])
        }
        #expect(throws: WireError.stranger) {
            try WorkerMessage(bytes: WorkerOrder.exit.encoded())
        }
    }

    @Test func `a count beyond the bytes is refused before anything is allocated`() {
        let runs: [UInt8] = [2, 0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        #expect(throws: WireError.malformed(.count, offset: 2)) { try WorkerOrder(bytes: runs) }
    }

    @Test func `arguments nest 64 deep and no deeper`() throws {
        func nested(_ depth: Int) -> ClientMessage {
            var argument = Argument.bytes([1])
            for _ in 0..<depth { argument = .sequence([argument]) }
            let spec = TaskSpec(
                id: TaskID(high: 0, low: 1), function: FunctionIndex(0), arguments: [argument])
            return .submit(GraphPart(tasks: [spec]), data: [])
        }
        let deepest = nested(argumentDepthMax)
        #expect(try ClientMessage(frames: deepest.encoded()) == deepest)
        #expect(throws: WireError.self) {
            try ClientMessage(frames: nested(argumentDepthMax + 1).encoded())
        }
    }

    @Test func `text in the ring that is not UTF-8 is repaired`() throws {
        let lines = WorkerMessage.printed([
            OutputLine(
                task: TaskID(high: 0, low: 0), function: "", node: "", text: "abc",
                isError: false, dropped: 0)
        ])
        var bytes = lines.encoded()
        bytes[bytes.count - 3] = 0xff
        guard case .printed(let repaired) = try WorkerMessage(bytes: bytes) else {
            Issue.record("another message came back")
            return
        }
        #expect(repaired[0].text == "ab\u{fffd}")
    }
}
