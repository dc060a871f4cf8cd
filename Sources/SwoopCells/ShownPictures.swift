// Plots and pictures as notebooks show them.

import CSwoopZlib
public import SwoopDisplay
import SwoopModel

extension Plot: NotebookShown {
    /// SVG.
    public var notebookForms: [String: String] { ["image/svg+xml": svg] }
}

extension Picture: NotebookShown {
    /// PNG, in Base64.
    public var notebookForms: [String: String] {
        ["image/png": Base64.encoded(png(compressing: compressed))]
    }
}

/// In the format of zlib.
private func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    let code = unsafe compress2(&result, &size, bytes, UInt(bytes.count), Z_DEFAULT_COMPRESSION)
    return code == Z_OK ? Array(result.prefix(Int(size))) : []
}
