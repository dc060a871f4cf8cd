// The agent machine's orders, performed.

import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

extension AgentLoop {
    mutating func perform(_ effect: AgentEffect) {
        switch effect {
        case .startWorker(let id, let program): start(id, program)
        case .killWorker(let id): worker(id)?.kill()
        case .declare(let id, let first, let functions):
            worker(id)?.declare(first: first, functions)
        case .dispatch(let id, let orders):
            if let worker = worker(id) { dispatch(orders, to: worker) }
        case .cancelRun(let id, let attempt): worker(id)?.send(.cancel(attempt))
        case .recallRun(let id, let attempt): worker(id)?.send(.giveBack(attempt))
        case .tellLent(let task, let page):
            send(.roomLent(task, offset: page.offset, byteCount: page.byteCount))
        case .tellCopied(let task): send(.pageCopied(task))
        case .tellNotCopied(let failure): send(.pageNotCopied(failure))
        case .report(let reports): send(.reports(reports, epoch: epoch))
        case .free(let page): free(page)
        case .allocate(let use, let byteCount): allocate(byteCount, for: use)
        case .allocateOnDisk(let use, let byteCount): allocateOnDisk(byteCount, for: use)
        case .refuseRoom(let use, let reason): refuse(use, reason)
        case .spill(let task, let page): spill(task, page)
        case .fetch(let task, let node, let output, let slice):
            wanted[task] = WantedPage(node: node, output: output, slice: slice)
            handle(.roomWanted(.copy(task), byteCount: output.byteCount))
        case .relay(let task, let node): send(.relayWanted(task, from: node))
        case .sendRange(let token, let task, let page): give(token, task, page)
        case .sendArrived(let token, let task): pages.giveArrived(token, task, arena)
        case .refuseRange(let token, let task): pages.refuse(token, task)
        case .sendOutput(let task, let page):
            if page.medium == .disk { return readOutput(task, page) }
            sendOutput(task, page)
        case .outputMissing(let task): send(.pageMissing(task))
        case .remark(let text): send(.remark(text))
        case .end(let reason):
            ending = .abandoned(reason)
            isOver = true
        }
    }
}

// MARK: Programs that come

extension AgentLoop {
    mutating func takeFromPrograms() {
        for news in programs.news.take() {
            switch news {
            case .wanted(let program, let digest, let offset, let count):
                send(.programBytesWanted(program, digest: digest, offset: offset, count: count))
            case .ready(let program): send(.programReady(program))
            case .failed(let program, let reason): send(.programFailed(program, reason: reason))
            }
        }
    }
}
