// The bytes of what a client says. A submission is columns (TaskTable.swift), then a frame of
// argument bytes, a frame per iteration and a frame per piece of data that the client brings.

internal import SwoopModel

extension ClientMessage {
    /// The frames to send.
    package func encoded() -> [[UInt8]] {
        switch self {
        case .hello(let version, let client, let program, let name):
            var header = ProtoHello()
            header.version = version
            header.client = client.rawValue
            header.program = program.rawValue
            header.name = name
            return MessageKind.hello.frames(header)
        case .submit(let part, let data): return Self.submission(part, data)
        case .data(let task, let bytes):
            return MessageKind.data.frames(ProtoTasks([task]), [bytes])
        case .roomWanted(let task, let byteCount):
            return MessageKind.roomWanted.frames(ProtoLend(task, byteCount: byteCount))
        case .dataWritten(let task, let page):
            return MessageKind.dataWritten.frames(ProtoLend(task, page))
        case .dataFailed(let failure): return MessageKind.dataFailed.frames(ProtoFailure(failure))
        case .release(let tasks): return MessageKind.release.frames(ProtoTasks(tasks))
        case .cancel(let tasks): return MessageKind.cancel.frames(ProtoTasks(tasks))
        case .want(let tasks): return MessageKind.want.frames(ProtoTasks(tasks))
        case .wantRecords(let identities):
            var header = ProtoNames()
            header.name = identities
            return MessageKind.wantRecords.frames(header)
        case .watchUsage(let isOn):
            var header = ProtoSwitch()
            header.isOn = isOn
            return MessageKind.watchUsage.frames(header)
        case .offerProgram(let manifest, let paths):
            var header = ProtoOffer()
            header.manifest = ProtoManifest(manifest)
            header.path = paths
            return MessageKind.offerProgram.frames(header)
        case .wantHosts(let wanted): return MessageKind.wantHosts.frames(ProtoHostsWanted(wanted))
        case .releaseHosts(let hosts, let limit):
            return MessageKind.releaseHosts.frames(ProtoHostsUnwanted(hosts, within: limit))
        case .forgetHosts(let hosts):
            return MessageKind.releaseHosts.frames(ProtoHostsUnwanted(noLongerAwaited: hosts))
        case .keep(let wish): return MessageKind.keep.frames(ProtoKeepWish(wish))
        case .freeKept(let number, let names):
            return MessageKind.freeKept.frames(ProtoKeptAnswer(number, names: names))
        case .wantKept: return MessageKind.wantKept.frames(ProtoText())
        case .library(let name, let bytes):
            return MessageKind.library.frames(ProtoText(name), [bytes])
        case .goodbye: return MessageKind.clientGoodbye.frames(ProtoText())
        }
    }

    /// The message that these frames are.
    package init(frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        switch incoming.kind {
        case .hello:
            let header = try incoming.header(ProtoHello.self)
            self = .hello(
                version: header.version, client: ClientID(header.client),
                program: ProgramID(header.program), name: header.name)
        case .submit: self = try Self.submission(incoming)
        case .data:
            let tasks = try incoming.header(ProtoTasks.self, others: 1).tasks()
            guard tasks.count == 1 else { throw .malformed(.header, offset: 0) }
            self = .data(tasks[0], bytes: try incoming.frame(1))
        case .roomWanted:
            let header = try incoming.header(ProtoLend.self)
            self = .roomWanted(try header.checkedTask(), byteCount: header.byteCount)
        case .dataWritten:
            let header = try incoming.header(ProtoLend.self)
            self = .dataWritten(try header.checkedTask(), header.page)
        case .dataFailed: self = .dataFailed(try incoming.header(ProtoFailure.self).failure())
        case .release:
            self = .release(try incoming.header(ProtoTasks.self).tasks())
        case .cancel: self = .cancel(try incoming.header(ProtoTasks.self).tasks())
        case .want: self = .want(try incoming.header(ProtoTasks.self).tasks())
        case .wantRecords:
            self = .wantRecords(
                identities: try incoming.header(ProtoNames.self).name)
        case .watchUsage:
            self = .watchUsage(try incoming.header(ProtoSwitch.self).isOn)
        case .offerProgram:
            let header = try incoming.header(ProtoOffer.self)
            guard header.path.count == header.manifest.file.count else {
                throw .malformed(.header, offset: 0)
            }
            self = .offerProgram(header.manifest.manifest, paths: header.path)
        case .wantHosts: self = .wantHosts(try incoming.header(ProtoHostsWanted.self).wanted)
        case .releaseHosts:
            let header = try incoming.header(ProtoHostsUnwanted.self)
            self =
                header.onlyAwaited
                ? .forgetHosts(header.host) : .releaseHosts(header.host, within: header.limit)
        case .keep: self = .keep(try incoming.header(ProtoKeepWish.self).wish())
        case .freeKept:
            let header = try incoming.header(ProtoKeptAnswer.self)
            self = .freeKept(number: header.number, header.name)
        case .wantKept:
            _ = try incoming.header(ProtoText.self)
            self = .wantKept
        case .library:
            self = .library(
                name: try incoming.header(ProtoText.self, others: 1).text,
                bytes: try incoming.frame(1))
        case .clientGoodbye:
            _ = try incoming.header(ProtoText.self)
            self = .goodbye
        default: throw .stranger
        }
    }

    private static func submission(_ part: GraphPart, _ data: [[UInt8]]) -> [[UInt8]] {
        precondition(data.count == part.data.count, "Every entry of data brings its bytes.")
        var header = ProtoSubmission()
        header.function = part.functions.map(ProtoFunction.init)
        header.tasks = ProtoTaskTable(part.tasks)
        header.data = ProtoDataTable(part.data)
        header.held = ProtoTasks(part.held)
        header.attempts = part.retry.attempts
        header.pause = part.retry.pause
        header.kept = [ProtoKeptUse](part.kept)
        var others = [part.tasks.pool]
        for spec in part.iterations {
            let (message, bytes) = ProtoIteration.encoded(spec)
            header.iteration.append(message)
            others.append(bytes)
        }
        return MessageKind.submit.frames(header, others + data)
    }

    private static func submission(_ incoming: IncomingFrames) throws(WireError) -> ClientMessage {
        let header = try incoming.looseHeader(ProtoSubmission.self)
        let data = try header.data.specs()
        guard incoming.otherCount == 1 + header.iteration.count + data.count else {
            throw .frames(kind: incoming.kind.rawValue, count: 1 + incoming.otherCount)
        }
        var part = GraphPart()
        part.functions = try header.function.specs()
        part.tasks = try header.tasks.columns(arguments: try incoming.frame(1))
        for (index, iteration) in header.iteration.enumerated() {
            part.iterations.append(try iteration.spec(bytes: try incoming.frame(2 + index)))
        }
        part.data = data
        part.kept = try header.kept.uses()
        part.held = try header.held.ids()
        part.retry = RetryRule(attempts: header.attempts, pause: header.pause)
        return .submit(part, data: incoming.frames(from: 2 + header.iteration.count))
    }
}
