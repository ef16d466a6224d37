import CPython
import PythonBridge
import Streams
nonisolated(unsafe) let def: UnsafeMutablePointer<PyModuleDef> = {
  let p = UnsafeMutablePointer<PyModuleDef>.allocate(capacity: 1)
  p.initialize(to: PyModuleDef()); 
  p.pointee.m_name = UnsafePointer(strdup("cimpl")); return p }()
@_cdecl("PyInit_cimpl") public func pyinit() -> UnsafeMutablePointer<PyObject>? { print(librdkafkaVersion()); return PyModuleDef_Init(def) }
