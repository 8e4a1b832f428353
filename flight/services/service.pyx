"""Service: what every PUS service of one computer shares: the request, its outcome, and who may send telemetry."""


cdef class Handler:
    """One kind of request that a service serves: made by the service, registered once with the request service."""

    @staticmethod
    cdef Handler make(int service, int subtype, service_handler function, void* context, object owner):
        cdef Handler handler = Handler.__new__(Handler)
        handler.service, handler.subtype = service, subtype
        handler.function, handler.context, handler.owner = function, context, owner
        return handler
