#version 330 core
// The highlight is sharper than the mesh, so it is computed per pixel.

in vec3 lit;
in vec3 view_normal;
in float gloss;

uniform vec3 highlight_direction;   // half way between the key light and the camera

out vec4 pixel;

void main()
{
    float facing = max(dot(view_normal, highlight_direction), 0.0);
    float s = facing * facing / dot(view_normal, view_normal);   // cosine squared, without a square root
    s *= s; s *= s; s *= s; s *= s;
    pixel = vec4(lit + gloss * s, 1.0);
}
