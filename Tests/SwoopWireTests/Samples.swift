// One small fixed message of each kind, for the golden bytes (GoldenBytes.swift). Never change one:
// add another at the end of its list.

import SwoopModel
import SwoopWire

enum Samples {
    static let first = TaskID(high: 0xa1, low: 1)
    static let second = TaskID(high: 0xa1, low: 2)
    static let attempt = AttemptID(task: first, number: 3)
    static let extent = PageExtent(offset: 4_096, byteCount: 100, elementCount: 10)
    static let parts = StoredPages([
        OutputPart(byteCount: 64, elementCount: 3, checksum: 1 << 60),
        OutputPart(byteCount: 0, elementCount: 0),
    ])

    static let function = FunctionSpec(
        identity: "a.swift f(_:)", name: "f", fingerprint: 0x0102_0304,
        code: .code(image: "lib.so", offset: 0x1000), isOptimised: true, isAsync: false)

    static let functionOfProgram = FunctionSpec(
        identity: "b.swift g(_:)", name: "g", fingerprint: 5, code: .remote(identity: "g"),
        isOptimised: false, isAsync: true, program: ProgramID("00ff"))

    static let manifest = ProgramManifest(
        id: ProgramID("00ff"), name: "p", architecture: "x86_64",
        files: [
            ProgramFile(name: "loader", digest: "d", byteCount: 300),
            ProgramFile(name: "program", digest: "e", byteCount: 4),
        ])

    static let tasks = [
        TaskSpec(
            id: first, function: FunctionIndex(0), arguments: [.bytes([1, 2, 3])],
            lower: -5, upper: 70, features: [1.5]),
        TaskSpec(
            id: second, function: FunctionIndex(1),
            arguments: [
                .operation(
                    .multiply, operands: [.bytes([9]), .output(first)], operandType: .int,
                    resultType: .double),
                .sequence([.output(first), .bytes([])]),
            ],
            pages: [first], output: .page),
    ]

    static let failure: TaskFailure = {
        var failure = TaskFailure(kind: .trapped, message: "overflow", task: first)
        failure.errorType = "E"
        failure.file = "a.swift"
        failure.line = 12
        failure.function = "f"
        failure.attempt = 3
        failure.node = "n"
        failure.signal = 4
        failure.frames = [0x10, 0x2000]
        failure.image = "i"
        failure.lastOutput = ["x"]
        return failure
    }()

    static let record = RunRecord(
        features: [2.5], elements: 10, bytesIn: 11, bytesOut: 12, cpuNanoseconds: 13,
        wallNanoseconds: 14, isCold: true)

    static let reports: [RunReport] = [
        .started(attempt), .suspended(attempt), .resumed(attempt), .returned(attempt),
        .ended(attempt, .finished(.inline([8, 9])), record),
        .ended(attempt, .finished(.onePage(byteCount: 64, elementCount: 8)), record),
        .ended(attempt, .finished(.page(parts)), record),
        .ended(attempt, .failed(failure), record), .ended(attempt, .cancelled, record),
        .childrenEnded(attempt, function: "g", records: [record]),
    ]

    static let line = OutputLine(
        task: first, function: "f", node: "n", text: "hi", isError: true, dropped: 2)

    static let node = NodeDescription(name: "n", slots: 2, pageBudget: 1 << 30, processID: 77)

    static let slot = SlotUsage(
        function: "f", task: first, elapsedNanoseconds: 5, busyNanoseconds: 6)
    static let idle = SlotUsage(
        function: nil, task: nil, elapsedNanoseconds: 0, busyNanoseconds: 6)

    static let progress = ProgressCount(done: 1, failed: 2, running: 3, total: 300)

    static let part = GraphPart(
        functions: [function], tasks: tasks,
        iterations: [
            IterationSpec(
                id: TaskID(high: 0xa1, low: 9), initial: .bytes([4]), limit: 10,
                template: [tasks[0]], placeholder: TaskID(high: 0xa1, low: 10), result: first,
                until: second)
        ],
        data: [DataSpec(id: TaskID(high: 0xa1, low: 11), output: .value, byteCount: 2)],
        held: [second])
}

extension Samples {
    static let clientMessages: [ClientMessage] = [
        .hello(version: 1, client: ClientID(0xa1), program: ProgramID("00ff"), name: "Pi"),
        .submit(part, data: [[6, 7]]), .release([first, second]), .cancel([first]),
        .want([second]), .wantRecords(identities: ["a", "b"]), .watchUsage(true), .goodbye,
        .offerProgram(manifest, paths: ["/p", "/l"]),
        .submit(GraphPart(functions: [functionOfProgram]), data: []),
        .roomWanted(first, byteCount: 9), .dataWritten(first, writtenPage),
        .submit(
            GraphPart(data: [
                DataSpec(
                    id: second, output: .page, byteCount: 9, isDeferred: true,
                    staysOnceBrought: true)
            ]), data: [[]]),
        .wantHosts(
            HostsWanted(
                file: "/f", hosts: ["a", "b"], acceptsNewKeys: true, connectLimit: 10,
                agentSocket: "/s", configuration: "/c")),
        .releaseHosts(["a"], within: 7), .forgetHosts(["b"]),
        .keep(
            KeepWish(number: 3, name: "s", type: keptType, tasks: [first, second], replaces: true)),
        .freeKept(number: 4, ["s", "t"]), .wantKept, .library(name: "/l", bytes: [3]),
        .submit(
            GraphPart(kept: [KeptUse(kept: KeptID(5), tasks: [first], output: .page)]), data: []),
    ]

    static let keptType = KeptType(name: "S", layout: "record S(x: f64)", isArray: true)

    static let writtenPage = OutputPart(byteCount: 64, elementCount: 2, checksum: 3)

    static let clientReplies: [ClientReply] = [
        .welcome(version: 1, nodes: [node], epoch: CoordinatorEpoch(0xe1)), .refused("no"),
        .notices([
            .finished(first, value: [1], byteCount: 1, elementCount: 1),
            .finished(second, value: nil, byteCount: 900, elementCount: 90),
            .failed(first, failure), .dataNeeded(second), .printed(line),
            .remark("r"), .progress(progress),
        ]),
        .value(first, bytes: [1, 2]),
        .usage(
            ClusterUsage(
                nodes: [
                    NodeUsage(
                        node: NodeID(1), name: "n", slots: [slot, idle], cpuNanoseconds: 7,
                        residentBytes: 8, pageBudget: 9, ageNanoseconds: 10, isSilent: true)
                ],
                progress: progress)),
        .records([
            FunctionHistory(
                identity: "a", node: "n", isOptimised: true, fingerprint: 5,
                records: [record, record])
        ]),
        .programWanted(ProgramID("00ff")),
        .notices([
            .roomLent(first, offset: 64, byteCount: 9), .roomRefused(second), .dataSettled(first),
        ]),
        .hosts([
            HostState(name: "a", phase: .up),
            HostState(name: "b", phase: .waiting, nanosecondsLeft: 5, tries: 2, text: "t"),
        ]),
        .hostsTaken(["a", "b"], refusal: ""), .hostsTaken([], refusal: "no"),
        .hostSettled(HostResult(host: "a", step: "login", failure: "f", isCarried: true)),
        .kept([
            KeptState(
                id: KeptID(5), name: "s", type: keptType,
                sizes: [KeptSize(byteCount: 64, elementCount: 2)],
                places: [KeptPlace(node: "a", pages: 1, byteCount: 64)], age: 6, program: "p"),
            KeptState(
                id: KeptID(6), name: "t", type: KeptType(name: "I", layout: "i", isArray: false),
                sizes: [], loss: "l"),
        ]),
        .keepSettled(number: 3, refusal: "no"),
    ]

    static let agentMessages: [AgentMessage] = [
        .register(
            version: 1, node, program: ProgramID("00ff"),
            pages: PageService(endpoints: ["tcp://h:1"], publicKey: "k")),
        .reports(reports, epoch: CoordinatorEpoch(0xe1)),
        .sample(slots: [slot, idle], cpuNanoseconds: 1, residentBytes: 2),
        .page(first, bytes: [1]), .pageMissing(first), .printed([line]), .remark("r"),
        .goodbye("g"),
        .programBytesWanted(ProgramID("00ff"), digest: "d", offset: 6, count: 7),
        .programReady(ProgramID("00ff")), .programFailed(ProgramID("00ff"), reason: "r"),
        .relayWanted(first, from: NodeID(2)), .roomLent(first, offset: 64, byteCount: 9),
        .pageCopied(first), .pageNotCopied(failure),
    ]

    static let agentOrders: [AgentOrder] = [
        .accepted(NodeID(4), epoch: CoordinatorEpoch(0xe1)), .refused("no"),
        .lease(
            Lease(
                id: LeaseID(5), firstFunction: 6, functions: [function],
                tasks: [
                    AssignedTask(
                        spec: tasks[0], attempt: 1, inputs: [], rank: 100, isIsolated: false),
                    AssignedTask(
                        spec: tasks[1], attempt: 2,
                        inputs: [
                            AssignedInput(task: first, source: .pending),
                            AssignedInput(task: first, source: .inline([5])),
                            AssignedInput(
                                task: first,
                                source: .stored(
                                    StoredPages(byteCount: 9, elementCount: 2, checksum: 3),
                                    nodes: [NodeID(1), NodeID(2)])),
                            AssignedInput(
                                task: second,
                                source: .stored(parts, nodes: [NodeID(1)]),
                                slice: OutputSlice(
                                    task: first, offset: 64, wholeByteCount: 1_024)),
                        ], rank: 50, isIsolated: true),
                ])),
        .revoke([attempt]), .dropPages([first]), .sendPage(first),
        .storePage(first, .page, elementCount: 3, bytes: [1, 2, 3]), .shutDown,
        .unknown, .sign,
        .peers([
            PeerAddress(
                node: NodeID(2), pages: PageService(endpoints: ["tcp://h:1"], publicKey: "k"))
        ]),
        .prepare(manifest),
        .programBytes(ProgramID("00ff"), digest: "d", offset: 6, count: 7, bytes: [1]),
        .relayed(first, elementCount: 3, bytes: [1, 2, 3]), .relayFailed(first),
        .lendRoom(first, byteCount: 9), .keepWritten(first, writtenPage),
        .copyPages([PageCopy(attempt: attempt, pages: parts, nodes: [NodeID(1), NodeID(2)])]),
        .listen(address: "h"), .library(name: "/l", bytes: [1, 2]),
    ]

    static let peerMessages: [PeerMessage] = [
        .pageWanted(first, offset: 1, count: 2),
        .pagePart(first, offset: 1, byteCount: 9, elementCount: 3, bytes: [1, 2]),
        .pageAbsent(first),
    ]

    static let workerMessages: [WorkerMessage] = [
        .ready(processID: 77), .reports(reports), .stored(attempt, extent),
        .allocate(token: 300, byteCount: 1 << 20), .printed([line]),
        .damaged(attempt, input: first), .abandoned(extent),
    ]

    static let workerOrders: [WorkerOrder] = [
        .declare(first: 2, [function]),
        .run([
            RunOrder(
                spec: tasks[1], attempt: 2,
                inputs: [
                    RunInput(task: first, source: .inline([1])),
                    RunInput(task: first, source: .extent(extent)),
                ], rank: -1)
        ]),
        .cancel(attempt), .allocated(token: 300, extent), .exit,
        .refused(token: 300, reason: "full"),
    ]
}
