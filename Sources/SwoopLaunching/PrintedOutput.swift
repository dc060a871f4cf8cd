// Catches what a process prints, on the thread that prints it, so that it can be labelled by the
// run.

import CSwoopSystem

/// The streams of a process.
package enum PrintedStream: Int32, Sendable {
    case output = 1
    case error = 2
}

/// Takes over `print`, `printf` and everything else that goes through the streams `stdout` and
/// `stderr`.
///
/// What writes to descriptors 1 and 2 directly (a started program) is not seen here.
package enum PrintedOutput {
    /// Receives a part of what a thread prints, on that thread, valid for the call.
    ///
    /// It must not print.
    package typealias Receiver = @Sendable (PrintedStream, Span<UInt8>) -> Void

    /// Hands everything printed from now on to `receiver`, instead of writing it.
    ///
    /// Threads call it at the same time. False when the streams could not be replaced.
    package static func capture(_ receiver: @escaping Receiver) -> Bool {
        let box = unsafe Unmanaged.passRetained(ReceiverBox(receiver))
        let code = unsafe swoop_output_capture(
            { context, descriptor, bytes, count in
                guard let context = unsafe context,
                    let stream = PrintedStream(rawValue: descriptor)
                else { return }
                let box = unsafe Unmanaged<ReceiverBox>.fromOpaque(context).takeUnretainedValue()
                let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
                box.receiver(stream, unsafe Span(_unsafeBytes: buffer))
            }, box.toOpaque())
        // The box stays: a thread may be inside it at any later moment.
        return code == 0
    }

    /// The streams of before.
    package static func release() {
        swoop_output_release()
    }
}

private final class ReceiverBox: Sendable {
    let receiver: PrintedOutput.Receiver

    init(_ receiver: @escaping PrintedOutput.Receiver) {
        self.receiver = receiver
    }
}
