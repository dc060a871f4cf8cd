// The bytes of what an agent says. One case, one kind of frames; batches of reports are columns
// (ReportTable.swift), bytes of pages a frame of their own.

internal import SwoopModel

extension AgentMessage {
    /// The frames to send.
    package func encoded() -> [[UInt8]] {
        switch self {
        case .register(let version, let node, let program, let pages):
            var header = ProtoRegistration()
            header.version = version
            header.node = ProtoNode(node)
            header.program = program.rawValue
            header.pages = ProtoService(pages)
            return MessageKind.register.frames(header)
        case .reports(let reports, let epoch):
            var builder = ReportTableBuilder()
            for report in reports { builder.append(report) }
            var (header, values) = builder.finished()
            header.epoch = epoch.rawValue
            return MessageKind.reports.frames(header, [values])
        case .sample(let slots, let cpuNanoseconds, let residentBytes, let fetchedBytes, let given):
            var header = ProtoSample()
            header.slot = slots.map(ProtoSlot.init)
            header.cpu = cpuNanoseconds
            header.resident = residentBytes
            header.fetched = fetchedBytes
            header.given = given
            return MessageKind.sample.frames(header)
        case .page(let task, let bytes):
            return MessageKind.page.frames(ProtoTasks(task), [bytes])
        case .pageMissing(let task): return MessageKind.pageMissing.frames(ProtoTasks(task))
        case .roomLent(let task, let offset, let byteCount):
            return MessageKind.roomLent.frames(
                ProtoLend(task, offset: offset, byteCount: byteCount))
        case .printed(let lines):
            var header = ProtoLines()
            header.line = lines.map(ProtoLine.init)
            return MessageKind.printed.frames(header)
        case .remark(let text): return MessageKind.remark.frames(ProtoText(text))
        case .goodbye(let reason): return MessageKind.agentGoodbye.frames(ProtoText(reason))
        case .programBytesWanted(let program, let digest, let offset, let count):
            let header = ProtoFileRange(program, digest: digest, offset: offset, count: count)
            return MessageKind.programBytesWanted.frames(header)
        case .programReady(let program):
            return MessageKind.programReady.frames(ProtoText(program.rawValue))
        case .programFailed(let program, let reason):
            var header = ProtoProgramNews()
            header.program = program.rawValue
            header.reason = reason
            return MessageKind.programFailed.frames(header)
        case .pageCopied(let task): return MessageKind.pageCopied.frames(ProtoTasks(task))
        case .pageNotCopied(let failure):
            return MessageKind.pageNotCopied.frames(ProtoFailure(failure))
        case .relayWanted(let task, let node):
            var header = ProtoRelay()
            header.task = ProtoTasks(task)
            header.node = node.rawValue
            return MessageKind.relayWanted.frames(header)
        }
    }

    /// The message that these frames are.
    package init(frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        switch incoming.kind {
        case .register:
            let header = try incoming.header(ProtoRegistration.self)
            self = .register(
                version: header.version, header.node.description,
                program: ProgramID(header.program), pages: header.pages.service)
        case .reports:
            let header = try incoming.header(ProtoReports.self, others: 1)
            self = .reports(
                try header.reports(values: try incoming.frame(1)),
                epoch: CoordinatorEpoch(header.epoch))
        case .sample:
            let header = try incoming.header(ProtoSample.self)
            self = .sample(
                slots: try header.slot.usage(), cpuNanoseconds: header.cpu,
                residentBytes: header.resident, fetchedBytes: header.fetched,
                givenBytes: header.given)
        case .page:
            let task = try incoming.header(ProtoTasks.self, others: 1).task()
            self = .page(task, bytes: try incoming.frame(1))
        case .pageMissing: self = .pageMissing(try incoming.header(ProtoTasks.self).task())
        case .roomLent:
            let header = try incoming.header(ProtoLend.self)
            self = .roomLent(
                try header.checkedTask(), offset: header.offset, byteCount: header.byteCount)
        case .printed:
            var lines: [OutputLine] = []
            for line in try incoming.header(ProtoLines.self).line {
                lines.append(try line.outputLine())
            }
            self = .printed(lines)
        case .remark: self = .remark(try incoming.header(ProtoText.self).text)
        case .agentGoodbye: self = .goodbye(try incoming.header(ProtoText.self).text)
        case .programBytesWanted:
            let header = try incoming.header(ProtoFileRange.self)
            self = .programBytesWanted(
                ProgramID(header.program), digest: header.digest, offset: header.offset,
                count: header.count)
        case .programReady:
            self = .programReady(ProgramID(try incoming.header(ProtoText.self).text))
        case .programFailed:
            let header = try incoming.header(ProtoProgramNews.self)
            self = .programFailed(ProgramID(header.program), reason: header.reason)
        case .pageCopied: self = .pageCopied(try incoming.header(ProtoTasks.self).task())
        case .pageNotCopied:
            self = .pageNotCopied(try incoming.header(ProtoFailure.self).failure())
        case .relayWanted:
            let header = try incoming.header(ProtoRelay.self)
            self = .relayWanted(try header.task.task(), from: NodeID(header.node))
        default: throw .stranger
        }
    }
}
