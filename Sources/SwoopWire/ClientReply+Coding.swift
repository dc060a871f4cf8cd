// The bytes of what the coordinator says to a client. Notices are columns (NoticeTable.swift), the
// bytes of a wanted value are a frame of their own.

internal import SwoopModel

extension ClientReply {
    /// The frames to send.
    package func encoded() -> [[UInt8]] {
        switch self {
        case .welcome(let version, let nodes, let epoch):
            var header = ProtoWelcome()
            header.version = version
            header.node = nodes.map(ProtoNode.init)
            header.epoch = epoch.rawValue
            return MessageKind.welcome.frames(header)
        case .refused(let reason): return MessageKind.clientRefused.frames(ProtoText(reason))
        case .programWanted(let program):
            return MessageKind.programWanted.frames(ProtoText(program.rawValue))
        case .notices(let notices):
            var builder = NoticeTableBuilder()
            for notice in notices { builder.append(notice) }
            let (header, values) = builder.finished()
            return MessageKind.notices.frames(header, [values])
        case .value(let task, let bytes):
            return MessageKind.value.frames(ProtoTasks(task), [bytes])
        case .usage(let usage): return MessageKind.usage.frames(ProtoUsage(usage))
        case .hosts(let states): return MessageKind.hosts.frames(ProtoHosts(states))
        case .hostsTaken(let hosts, let refusal):
            var header = ProtoHostsTaken()
            header.host = hosts
            header.refusal = refusal
            return MessageKind.hostsTaken.frames(header)
        case .hostSettled(let result):
            return MessageKind.hostSettled.frames(ProtoHostResult(result))
        case .kept(let states): return MessageKind.keptList.frames(ProtoKeptList(states))
        case .keepSettled(let number, let refusal):
            return MessageKind.keepSettled.frames(ProtoKeptAnswer(number, refusal: refusal))
        case .records(let histories):
            var header = ProtoHistories()
            header.history = histories.map(ProtoHistory.init)
            return MessageKind.records.frames(header)
        }
    }

    /// The message that these frames are.
    package init(frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        switch incoming.kind {
        case .welcome:
            let header = try incoming.header(ProtoWelcome.self)
            self = .welcome(
                version: header.version, nodes: header.node.map(\.description),
                epoch: CoordinatorEpoch(header.epoch))
        case .hosts: self = .hosts(try incoming.header(ProtoHosts.self).states())
        case .hostsTaken:
            let header = try incoming.header(ProtoHostsTaken.self)
            self = .hostsTaken(header.host, refusal: header.refusal)
        case .hostSettled:
            self = .hostSettled(try incoming.header(ProtoHostResult.self).result)
        case .clientRefused:
            self = .refused(try incoming.header(ProtoText.self).text)
        case .programWanted:
            self = .programWanted(ProgramID(try incoming.header(ProtoText.self).text))
        case .notices:
            let header = try incoming.header(ProtoNotices.self, others: 1)
            self = .notices(try header.notices(values: try incoming.frame(1)))
        case .value:
            let task = try incoming.header(ProtoTasks.self, others: 1).task()
            self = .value(task, bytes: try incoming.frame(1))
        case .usage: self = .usage(try incoming.header(ProtoUsage.self).usage())
        case .keptList: self = .kept(try incoming.header(ProtoKeptList.self).states())
        case .keepSettled:
            let header = try incoming.header(ProtoKeptAnswer.self)
            self = .keepSettled(number: header.number, refusal: header.refusal)
        case .records:
            var histories: [FunctionHistory] = []
            for history in try incoming.header(ProtoHistories.self).history {
                histories.append(try history.history())
            }
            self = .records(histories)
        default: throw .stranger
        }
    }
}

extension ClientReply {
    /// The message that these frames are; nil: none that this build knows. What comes of another
    /// version is a refusal that says so: its coordinator does not take this program in.
    package static func reading(_ frames: [[UInt8]]) -> ClientReply? {
        do throws(WireError) {
            return try ClientReply(frames: frames)
        } catch {
            guard case .version(let theirs, let ours) = error else { return nil }
            return .refused(
                "it was brought up by another version of Swoop (wire version \(theirs)) than this "
                    + "program was built with (\(ours)): build both with the same")
        }
    }
}

extension ProtoText {
    init(_ text: String) {
        self.init()
        self.text = text
    }
}
